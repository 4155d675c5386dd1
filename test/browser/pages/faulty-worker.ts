/** The adapter's worker with one failing interface of the browser, which the worker's name states. Run as a file. */
// oxlint-disable-next-line import/no-unassigned-import
import "rivulet/sqlite-wasm/worker";
import { WORKER_FAULTS } from "./platform-faults.ts";

// The adapter uses no interface of the browser until it is started.
WORKER_FAULTS[(globalThis as unknown as { readonly name: string }).name]?.();
