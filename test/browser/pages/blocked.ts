/**
 * In a frame: opens a store with one failing interface of the browser (`?fault=`), and sends the result to the page
 * around it. Around it: posts the results of all faults in turn (`?all`), or of none, in a frame that may be sandboxed
 * (`?sandbox=`).
 */
import { isEventStoreError, openEventStore } from "rivulet";
import { sqliteWasm, type SqliteWasmOptions } from "rivulet/sqlite-wasm";
import { PAGE_FAULTS, WORKER_FAULTS } from "./platform-faults.ts";

/** The backend of the opened store, or the error's code and reason. */
export interface BlockedReport {
  readonly refused: string;
  readonly fallenBack: string;
  /** The uncaught errors. */
  readonly uncaught: readonly string[];
}

const uncaught: string[] = [];
addEventListener("unhandledrejection", ({ reason }) => uncaught.push(`unhandled: ${String(reason)}`));
addEventListener("error", ({ message }) => uncaught.push(`error: ${message}`));

const ASKS_FOR_PERSISTENCE: ReadonlySet<unknown> = new Set([
  "persist rejects",
  "no storage",
  "storage throws when looked at",
]);

const parameters = new URLSearchParams(location.search);
const fault = parameters.get("fault");
if (fault !== null) parent.postMessage(await tryFault(fault), "*");
else if (parameters.has("all")) await post(await runAll());
else await post(await runInFrame("none", parameters.get("sandbox") ?? undefined));

async function tryFault(name: string): Promise<BlockedReport> {
  PAGE_FAULTS[name]?.();
  const worker =
    name in WORKER_FAULTS
      ? (): Worker => new Worker(new URL("./faulty-worker.ts", import.meta.url), { type: "module", name })
      : undefined;
  const options = { name: `blocked: ${name}`, worker };
  const refused = await outcomeOf(options);
  const fallenBack = await outcomeOf({ ...options, fallback: "memory" });
  // A rejection is reported as unhandled at the end of its turn of the event loop.
  await new Promise((resolve) => setTimeout(resolve));
  return { refused, fallenBack, uncaught };
}

async function outcomeOf(options: SqliteWasmOptions): Promise<string> {
  try {
    const store = await openEventStore(sqliteWasm(options));
    await store.stream("s").append({ type: "happened" });
    const { backend } = await store.info();
    // Elsewhere Firefox would ask the user.
    if (ASKS_FOR_PERSISTENCE.has(fault)) await store.requestPersistence();
    await store.close();
    return backend;
  } catch (error) {
    return isEventStoreError(error, "storage-unavailable") ? `${error.code} ${error.details.reason}` : String(error);
  }
}

async function runAll(): Promise<Record<string, BlockedReport>> {
  const reports: Record<string, BlockedReport> = {};
  for (const name of [...Object.keys(PAGE_FAULTS), ...Object.keys(WORKER_FAULTS)])
    reports[name] = await runInFrame(name);
  return reports;
}

async function runInFrame(name: string, sandbox?: string): Promise<BlockedReport> {
  const frame = document.createElement("iframe");
  if (sandbox !== undefined) frame.setAttribute("sandbox", sandbox);
  frame.src = `blocked.html?fault=${encodeURIComponent(name)}`;
  const reported = new Promise<BlockedReport>((resolve) => {
    addEventListener("message", ({ data }) => resolve(data as BlockedReport), { once: true });
  });
  document.body.append(frame);
  const report = await reported;
  frame.remove();
  return report;
}

async function post(report: unknown): Promise<void> {
  await fetch("/report", { method: "POST", body: JSON.stringify(report) });
}
