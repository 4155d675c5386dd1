/** The bare library, its pool and a database, opened once the bare lock is held. Run as a file. */
import initialize from "@sqlite.org/sqlite-wasm";
import { answerCalls } from "./calls.ts";
import { openRaw, openRawPool, type RawDatabase } from "./raw.ts";

/** How long to wait for files that another worker still holds, in milliseconds. */
const PAUSE = 5;

// The file systems that are not used stay off here too.
const disable = { vfs: { kvvfs: true, opfs: true, "opfs-vfs": true, "opfs-wl": true } };
Object.assign(globalThis, { sqlite3ApiConfig: { disable, warn: () => undefined, error: () => undefined } });

const loading = initialize();
let raw: RawDatabase;
let release = (): void => undefined;

const calls = {
  /** Opens the database of this name; resolves with its head. */
  async open(name: string): Promise<number> {
    const pool = await retrying(async () => openRawPool(await loading, `bare-${name}`));
    raw = openRaw(pool, "/raw.db", "wal");
    return (raw.database.selectValue("SELECT max(position) FROM events") as number | null) ?? 0;
  },
  /** The same once it holds the lock; then writes an event. */
  async stand(name: string): Promise<number> {
    await loading;
    return new Promise((resolve, reject) => {
      navigator.locks
        .request(`bare ${name}`, async () => {
          const head = await calls.open(name);
          raw.write(1);
          resolve(head);
          await new Promise<void>((free) => (release = free));
        })
        .catch(reject);
    });
  },
  write: (count: number, payloads?: readonly unknown[]): void => raw.write(count, payloads),
  /** The data of all events, as JSON texts. */
  list: (): string[] => raw.database.selectValues("SELECT data FROM events ORDER BY position") as string[],
  close(): void {
    raw.close();
    release();
  },
};

export type BareCalls = typeof calls;

answerCalls(calls);

async function retrying<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt > 1000) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}
