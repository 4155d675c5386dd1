/**
 * Runs the conformance suite in whatever runtime this is, over the installed package, and prints a line for each case as it ends:
 * its name, and what was wrong. Arguments: the path of the adapter's module, such as "rivulet/node-sqlite", and the name of its
 * function; its options, as JSON; a folder for files, or none for stores in memory.
 */
import { join } from "node:path";
import { openEventStore, type Adapter, type EventStore } from "rivulet";
import { conformanceCases, type ConformanceHarness } from "rivulet/testing";

type Opened = Parameters<ConformanceHarness["open"]>[0];

const [path = "", factory = "", json = "{}", folder] = process.argv.slice(2);
const module = (await import(path)) as Record<string, ((settings: object) => Adapter) | undefined>;

function adapter(place: object): Adapter {
  const make = module[factory];
  if (make === undefined) throw new Error(`${path} has no ${factory}`);
  return make({ ...(JSON.parse(json) as object), ...place });
}

const inMemory: ConformanceHarness = { open: (options) => openEventStore(adapter({}), options), sql: true };

function onFiles(root: string): ConformanceHarness {
  const files = new WeakMap<EventStore, string>();
  let count = 0;
  const openAt = async (file: string, options?: Opened): Promise<EventStore> => {
    const store = await openEventStore(adapter({ path: file }), options);
    files.set(store, file);
    return store;
  };
  const again = (store: EventStore, options?: Opened): Promise<EventStore> =>
    openAt(files.get(store) as string, options);
  return {
    open: (options) => openAt(join(root, `${(count += 1)}.db`), options),
    reopen: again,
    alongside: again,
    sql: true,
    limits: true,
  };
}

for (const { name, run } of conformanceCases(folder === undefined ? inMemory : onFiles(folder))) {
  const wrong = await run().then(
    () => null,
    (error: unknown) => (error instanceof Error ? (error.stack ?? error.message) : String(error)),
  );
  console.log(JSON.stringify([name, wrong]));
}
