import { openChannel, type Hail } from "../shared/channel.ts";
import type { Replacement } from "../shared/messages.ts";
import { resourceNames } from "../shared/resource-names.ts";
import { workerLost } from "./lasting-worker.ts";
import type { WorkerFiles } from "./worker-files.ts";
import { startWorker } from "./worker-handle.ts";
import { setInterval, clearInterval } from "../shared/timers.ts";

/** How often all tabs are told to release the database until they have, in milliseconds. */
const REPEAT = 500;

/**
 * Has a worker replace or remove the database. Once the replacement is found valid, every tab, including this one, is
 * told to release the database permanently. Rejects, with nothing changed, for an invalid replacement.
 */
export async function replaceDatabase(name: string, files: WorkerFiles, replacement: Replacement): Promise<void> {
  const names = resourceNames(name);
  const hub = openChannel(names.hub);
  let timer: ReturnType<typeof setInterval> | undefined;
  const tell = (): void => hub.postMessage({ replaced: true } satisfies Hail);
  try {
    await new Promise<void>((resolve, reject) => {
      const worker = startWorker({
        files,
        start: { name, durability: "full", life: names.life(`${crypto.randomUUID()}/replacing`), replacement },
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
