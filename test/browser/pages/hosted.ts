/** A page whose store is open in its own worker, to which the browser sends no events of the page. */
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
