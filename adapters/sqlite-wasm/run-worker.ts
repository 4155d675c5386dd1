/** The worker's script. It exports nothing. */
import { createStorageServer, toFailure, type Endpoint } from "../../src/adapter.ts";
import { openMemory } from "./worker/database.ts";
import { stand } from "./worker/leader.ts";
import { askSafely, blocked, isDenial } from "./shared/blocked.ts";
import { holdLock } from "./shared/locks.ts";
import type { FromWorker, ToWorker, WorkerStart } from "./shared/messages.ts";
import { replace } from "./worker/replacement.ts";
import { loadSqlite } from "./worker/sqlite.ts";
import { createDefer } from "./worker/defer.ts";

/** The worker's globals that are used; the types of workers and of pages exclude each other. */
interface WorkerScope {
  postMessage(message: FromWorker): void;
  addEventListener(type: "message", listener: (event: MessageEvent<ToWorker>) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const closing = new AbortController();

scope.addEventListener("message", ({ data }) => {
  if ("close" in data) closing.abort();
  else void run(data.start);
});
scope.postMessage({ loaded: true });

async function run(start: WorkerStart): Promise<void> {
  try {
    await serve(start);
    scope.postMessage({ closed: true });
  } catch (error) {
    scope.postMessage({ failure: toFailure(isDenial(error) ? blocked(error) : error) });
  }
}

async function serve(start: WorkerStart): Promise<void> {
  const { name, port: untyped, life, replacement, wasm } = start;
  // The port can transfer more than the messages that are sent here.
  const port = untyped as unknown as Endpoint;
  const compiled = (module: WebAssembly.Module): void => scope.postMessage({ compiled: module });
  const [sqlite] = await Promise.all([loadSqlite(wasm, compiled), holdLife(life)]);
  const leading = (database: string): void => scope.postMessage({ leading: database });
  if (name !== undefined && replacement !== undefined) {
    const checked = (): void => scope.postMessage({ checked: true });
    return replace({ sqlite, name, replacement, checked, leading });
  }
  if (name !== undefined) return stand({ sqlite, name, port, start, signal: closing.signal, leading });
  const { storage, lineage, verbs } = await openMemory(sqlite.sqlite3, start);
  const disconnect = createStorageServer(storage, { defer: createDefer(), verbs, trusted: true }).connect(port);
  leading(lineage);
  await new Promise<void>((resolve) => closing.signal.addEventListener("abort", () => resolve(), { once: true }));
  disconnect();
  await storage.close();
}

/** Insecure pages, and pages that are denied storage, have no locks; there nobody detects a worker's death. */
async function holdLife(life: string): Promise<void> {
  const held = await askSafely(async () => {
    await holdLock(life).held;
    return true;
  }, false);
  if (held) scope.postMessage({ alive: true });
}
