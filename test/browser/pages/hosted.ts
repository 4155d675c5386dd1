/** A page whose store is open in a worker of its own, which the browser does not tell what becomes of the page. */
export const hosted = {
  open: (name: string): Promise<void> =>
    new Promise((resolve) => {
      const worker = new Worker(new URL("./hosted-worker.ts", import.meta.url), { type: "module" });
      worker.addEventListener("message", () => resolve(), { once: true });
      worker.postMessage(name);
    }),
};

declare global {
  interface Window {
    readonly hosted: typeof hosted;
  }
}

Object.assign(globalThis, { hosted });
