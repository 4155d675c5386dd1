/** The storage's side in another process: a file to be run, which gives nothing. */
import { serveProcess } from "../node/serve-process.ts";
import { engine } from "./engine.ts";

serveProcess(engine);
