import { Worker } from "node:worker_threads";
import type { Engine } from "../node/engine.ts";
import { codeOf, openDriver, UPGRADE } from "./driver.ts";

export const engine: Engine = {
  name: "node-sqlite",
  open: openDriver,
  codeOf,
  upgrade: UPGRADE,
  startWorker: () => new Worker(new URL("./worker.js", import.meta.url), { execArgv: [] }),
  startCheckpoints: () => new Worker(new URL("./log-checkpoints.js", import.meta.url), { execArgv: [] }),
  processFile: () => new URL("./process.js", import.meta.url),
};
