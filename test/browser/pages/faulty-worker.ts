/** The adapter's worker where one interface of the browser fails: the worker's name says which. A file to be run. */
// oxlint-disable-next-line import/no-unassigned-import
import "rivulet/sqlite-wasm/worker";
import { WORKER_FAULTS } from "./platform-faults.ts";

// It asks the browser for nothing until it is started.
WORKER_FAULTS[(globalThis as unknown as { readonly name: string }).name]?.();
