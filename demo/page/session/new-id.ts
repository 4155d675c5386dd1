/** Returns a random id. Unlike `crypto.randomUUID`, this also works in a page that was not loaded by https. */
export function newId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
