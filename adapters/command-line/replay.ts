import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import {
  type DatabaseProblem,
  type EventStorage,
  type StoredSnapshot,
  describe,
  messageOf,
} from "../../src/adapter.ts";
import { openEventStore, type Event, type EventFilter, type EventStore, type Projection } from "../../src/index.ts";
import { CommandLineError, EXIT } from "./command.ts";

type AnyProjection = Projection<unknown, Event<never, never>>;

/** The projections that a module exports. */
export async function loadProjections(module: string): Promise<readonly AnyProjection[]> {
  let loaded: object;
  try {
    loaded = (await import(pathToFileURL(resolve(module)).href)) as object;
  } catch (error) {
    throw new CommandLineError(EXIT.failed, `${module} cannot be loaded: ${describe(error)}`, error);
  }
  const projections = Object.values(loaded).filter(isProjection);
  if (projections.length > 0) return projections;
  throw new CommandLineError(EXIT.failed, `${module} exports no projection: export the result of defineProjection`);
}

function isProjection(value: unknown): value is AnyProjection {
  const { name, schema, _rivulet: internals } = Object(value) as Partial<AnyProjection>;
  return typeof name === "string" && typeof schema === "number" && typeof internals?.loadAll === "function";
}

/**
 * Compares snapshots with the states folded from the first event, if their projection is given with the same schema. Resolves with the
 * number of compared snapshots.
 */
export async function replay(
  stored: EventStorage,
  projections: readonly AnyProjection[],
  snapshots: readonly StoredSnapshot[],
  onProblem: (problem: DatabaseProblem) => void,
  signal: AbortSignal,
): Promise<number> {
  const store = await openWithoutSnapshots(stored);
  let replayed = 0;
  for (const snapshot of snapshots) {
    const { stream, schema, version, state } = snapshot;
    const { name, filter } = scopeOf(snapshot);
    const projection = projections.find((one) => one.name === name && one.schema === schema);
    if (projection === undefined) continue;
    replayed += 1;
    const where = `${stream}, projection ${name}, schema ${schema}, version ${version}`;
    try {
      const options = { upTo: version, signal };
      const folded =
        stream === "@all"
          ? await store.load(projection, { ...filter, ...options })
          : await store.stream<Event<never, never>>(stream).load(projection, options);
      // Converted through JSON, as when it is saved.
      const expected = JSON.parse(JSON.stringify(folded.state) ?? "null") as unknown;
      if (isDeepStrictEqual(JSON.parse(state), expected)) continue;
      onProblem({ kind: "snapshot", where, what: "it holds a different state than its events give" });
    } catch (error) {
      signal.throwIfAborted();
      onProblem({ kind: "snapshot", where, what: `it cannot be compared: ${messageOf(error)}` });
    }
  }
  return replayed;
}

/** Parses the name of a snapshot. For a filter over the whole store, it is `@["name",filter]`. */
function scopeOf({ projection }: StoredSnapshot): { name: string; filter: EventFilter } {
  if (!projection.startsWith("@")) return { name: projection, filter: {} };
  const [name, filter] = JSON.parse(projection.slice(1)) as [string, EventFilter];
  return { name, filter };
}

/** Opens the store without its snapshots, which are neither loaded nor saved. */
function openWithoutSnapshots(stored: EventStorage): Promise<EventStore> {
  const storage: EventStorage = {
    ...stored,
    loadSnapshot: () => Promise.resolve(undefined),
    saveSnapshot: () => Promise.resolve(),
  };
  return openEventStore({ name: "replay", open: () => Promise.resolve({ storage, verbs: {} }) });
}
