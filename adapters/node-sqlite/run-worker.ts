/** The storage's side in a worker thread: a file to be run, which gives nothing. */
import { serveWorker } from "../node/serve-worker.ts";
import { engine } from "./engine.ts";

serveWorker(engine);
