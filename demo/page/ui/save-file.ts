/** Offers the bytes of a database as a download. */
export function saveFile(bytes: Uint8Array, name = "counters.db"): void {
  const url = URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: "application/vnd.sqlite3" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
