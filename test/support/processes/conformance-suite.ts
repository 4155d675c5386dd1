/**
 * Runs the conformance suite in whatever runtime this is, over the installed package, and prints a line for each case as it ends:
 * its name, and what was wrong. Arguments: the path of the adapter's module, such as "rivulet/node-sqlite", and the name of its
 * function; its options, as JSON; a folder for files, or none for stores in memory.
 */
import { join } from "node:path";
import { openEventStore, type Adapter, type EventStore, type OpenOptions } from "rivulet";
import { conformanceCases, type ConformanceHarness } from "rivulet/testing";

const [module = "", name = "", options = "{}", folder] = process.argv.slice(2);
const { [name]: adapter } = (await import(module)) as Record<string, (options: object) => Adapter>;
if (adapter === undefined) throw new Error(`${module} has no ${name}`);
const settings = JSON.parse(options) as object;

for (const { name, run } of conformanceCases(folder === undefined ? inMemory(adapter) : onFiles(adapter, folder))) {
  const wrong = await run().then(
    () => null,
    (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
  console.log(JSON.stringify([name, wrong]));
}

function inMemory(adapter: (options: object) => Adapter): ConformanceHarness {
  return { open: (options) => openEventStore(adapter(settings), options), sql: true };
}

function onFiles(adapter: (options: object) => Adapter, folder: string): ConformanceHarness {
  const paths = new WeakMap<EventStore, string>();
  let count = 0;
  const openAt = async (path: string, options?: OpenOptions): Promise<EventStore> => {
    const store = await openEventStore(adapter({ ...settings, path }), options);
    paths.set(store, path);
    return store;
  };
  const again = (store: EventStore, options?: OpenOptions): Promise<EventStore> =>
    openAt(paths.get(store) as string, options);
  const open: ConformanceHarness["open"] = (options) => openAt(join(folder, `${(count += 1)}.db`), options);
  return { open, reopen: again, alongside: again, sql: true, limits: true };
}
