/** Reads a file that the user has chosen. */
export function readChosen(file: File): Promise<Uint8Array> {
  return ofChosenFile(async () => new Uint8Array(await file.arrayBuffer()));
}

/** Runs a part of an import whose errors are about the chosen file; the page recognises them by the name of the error. */
export async function ofChosenFile<Result>(task: () => Promise<Result>): Promise<Result> {
  try {
    return await task();
  } catch (cause) {
    throw Object.assign(new Error("the chosen file cannot be taken", { cause }), { name: "ChosenFile" });
  }
}
