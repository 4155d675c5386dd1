/** The script of the query process. It exports nothing. */
import { serveProcess } from "../node/serve-process.ts";
import { engine } from "./engine.ts";

serveProcess(engine);
