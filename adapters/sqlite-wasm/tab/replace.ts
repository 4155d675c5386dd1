import { openChannel, type Hail } from "../shared/channel.ts";
import type { Replacement } from "../shared/messages.ts";
import { placesOf } from "../shared/places.ts";
import { workerLost } from "./lasting-worker.ts";
import type { WorkerFiles } from "./worker-files.ts";
import { startWorker } from "./worker-handle.ts";
import { setInterval, clearInterval } from "../shared/timers.ts";

/** How often everybody is told to let go, in milliseconds, until they have. */
const REPEAT = 500;

/**
 * Has a worker put another database in the place of this one, or none. Once that is found good, every tab is told to let go
 * for good, this one too. Rejects, with nothing changed, for what is no good.
 */
export async function replaceDatabase(name: string, files: WorkerFiles, replacement: Replacement): Promise<void> {
  const places = placesOf(name);
  const hub = openChannel(places.hub);
  let timer: ReturnType<typeof setInterval> | undefined;
  const tell = (): void => hub.postMessage({ replaced: true } satisfies Hail);
  try {
    await new Promise<void>((resolve, reject) => {
      const worker = startWorker({
        files,
        start: { name, durability: "full", life: places.life(`${crypto.randomUUID()}/replacing`), replacement },
        onChecked() {
          tell();
          timer = setInterval(tell, REPEAT);
        },
        onLeading() {
          worker.terminate();
          resolve();
        },
        onFailure: reject,
        onLost: () => reject(workerLost()),
      });
    });
  } finally {
    clearInterval(timer);
    hub.close();
  }
}
