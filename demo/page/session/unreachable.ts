/** An error of a server that is not there: the page has a sentence for it, by its name. */
export function unreachable(cause: unknown): Error {
  return Object.assign(new Error("the server cannot be reached", { cause }), { name: "Unreachable" });
}
