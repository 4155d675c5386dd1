/** The script of the thread for checkpoints. It exports nothing. */
import { serveCheckpoints } from "../node/serve-checkpoints.ts";
import { engine } from "./engine.ts";

serveCheckpoints(engine);
