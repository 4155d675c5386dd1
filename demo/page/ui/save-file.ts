import { formatBytes } from "./format.ts";

/** Offers the bytes of a database as a download. Returns what the user is told. */
export function saveFile(bytes: Uint8Array): string {
  const url = URL.createObjectURL(new Blob([new Uint8Array(bytes)], { type: "application/vnd.sqlite3" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = "counters.db";
  link.click();
  URL.revokeObjectURL(url);
  return `Exported ${formatBytes(bytes.length)}: a file that any SQLite opens.`;
}
