/** The script of the worker thread. It exports nothing. */
import { serveWorker } from "../node/serve-worker.ts";
import { engine } from "./engine.ts";

serveWorker(engine);
