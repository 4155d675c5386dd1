/** Each file of the pool starts with a header of 4,096 bytes, which begins with the name that SQLite uses. */
const HEADER = 4096;

/**
 * Reads the contents of a store's files in Base64, by SQLite's names for them, without SQLite or rivulet. The store
 * must not be open.
 */
export async function readPoolFiles(store: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const file of filesOf(store)) {
    const bytes = new Uint8Array(await (await file.getFile()).arrayBuffer());
    const name = new TextDecoder().decode(bytes.subarray(0, Math.max(0, bytes.indexOf(0))));
    // A free file has no name.
    if (name !== "") found[name] = toBase64(bytes.subarray(HEADER));
  }
  return found;
}

/**
 * Opens all of a store's files in a worker that ignores rivulet's locks, as a worker does that has not ended yet.
 * Closing the page or calling the result releases them.
 */
export async function holdPoolFiles(store: string): Promise<() => void> {
  const files: FileSystemFileHandle[] = [];
  for await (const file of filesOf(store)) files.push(file);
  const script = `onmessage = async ({ data }) => {
    globalThis.held = await Promise.all(data.map((file) => file.createSyncAccessHandle()));
    postMessage("held");
  };`;
  const worker = new Worker(URL.createObjectURL(new Blob([script], { type: "text/javascript" })));
  await new Promise((resolve, reject) => {
    worker.addEventListener("message", resolve);
    worker.addEventListener("error", reject);
    worker.postMessage(files);
  });
  return () => worker.terminate();
}

/** The files of a store's pool, used or free. */
async function* filesOf(store: string): AsyncGenerator<FileSystemFileHandle> {
  let folder = await navigator.storage.getDirectory();
  for (const name of ["rivulet", encodeURIComponent(store), ".opaque"]) folder = await folder.getDirectoryHandle(name);
  // The types of TypeScript 7 for the DOM lack it.
  const entries = folder as unknown as { values(): AsyncIterable<FileSystemFileHandle> };
  yield* entries.values();
}

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

declare global {
  interface Window {
    readonly poolFiles: typeof readPoolFiles;
    readonly holdPoolFiles: typeof holdPoolFiles;
  }
}
