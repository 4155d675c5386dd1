import { invalidArgument } from "../errors.ts";
import type { ParkedEvent } from "../read-models/read-model.ts";
import { heldWebLocks } from "../page.ts";
import { read } from "../read/read.ts";
import { contentsAnywhere } from "../storage/contents-verbs.ts";
import { modelsOf } from "../storage/capabilities.ts";
import { consumerOf, ownerOf } from "../storage/consumer-rules.ts";
import type { ParkedRecord } from "../storage/protocol.ts";
import { clientsOf } from "../storage/read-model-names.ts";
import { ALL_STREAMS } from "../storage/snapshot-rules.ts";
import type { EventStore } from "../store/event-store.ts";
import { contextOf } from "../sync/context-of.ts";
import { checkInteger, checkPosition, checkOptions, checkVerb } from "../validate.ts";
import { foldSteps } from "./fold-steps.ts";
import type { Inspection } from "./inspection.ts";
import { toModel, queryTables } from "./query-tables.ts";
import { readOutbox } from "./read-outbox.ts";

/** The most parked events of a consumer that are counted. */
const COUNTED = 1_000;

/**
 * Shows what a store holds beside its events, and its events as they are stored. For tools; it changes nothing.
 *
 * @throws `store-closed`. `invalid-argument` for what is not a store.
 * @example
 * ```ts
 * await account.append({ type: "deposited", data: { amount: 5 } });
 * await account.saveSnapshot({ projection: "balance", version: 1, state: 5 });
 * const inspection = inspectStore(store);
 * console.log((await inspection.snapshots()).snapshots.length); // → 1
 * ```
 */
export function inspectStore(store: EventStore): Inspection {
  checkVerb(store, "consume", "store", "from openEventStore");
  const context = contextOf(store);
  const { storage, clock } = context;
  const contents = contentsAnywhere(storage);

  /** A lease that is held by a lock of the runtime is stored, but not renewed. */
  async function leasesLike(prefix: string): Promise<readonly string[]> {
    const stored = await storage.leases.listLeases({ prefix, now: clock() });
    if (storage.webLockOf === undefined) return stored;
    const start = storage.webLockOf("");
    const locked = (await heldWebLocks())
      .filter((name) => name.startsWith(start + prefix))
      .map((name) => name.slice(start.length));
    return [...new Set([...stored, ...locked])].sort();
  }

  async function listModels(): ReturnType<typeof contents.listModels> {
    context.ensureOpen();
    return storage.models === undefined ? [] : contents.listModels();
  }

  const parkedOf = (consumer: string, after: number, limit: number): Promise<readonly ParkedRecord[]> =>
    storage.consumers.listConsumerParked({ owner: ownerOf(consumer), after, limit });

  return {
    read: (options = {}) => read({ ...context, format: undefined }, undefined, options),
    async consumers() {
      context.ensureOpen();
      const [all, head, leases] = await Promise.all([
        contents.listConsumers(),
        storage.head(),
        leasesLike(ownerOf("")),
      ]);
      const active = leases.map(consumerOf);
      const known = new Set(all.map(({ name }) => name));
      // One that has just begun has no checkpoint yet.
      const begun = active.filter((name) => !known.has(name)).map((name) => ({ name, checkpoint: null }));
      return Promise.all(
        [...all, ...begun]
          .sort((a, b) => (a.name < b.name ? -1 : 1))
          .map(async ({ name, checkpoint }) => ({
            name,
            checkpoint: checkpoint ?? undefined,
            lag: checkpoint === null ? undefined : Math.max(0, head - checkpoint),
            active: active.includes(name),
            parked: (await parkedOf(name, 0, COUNTED)).length,
          })),
      );
    },
    async readModels() {
      const [models, head, leases] = await Promise.all([listModels(), storage.head(), leasesLike("model/")]);
      return models.map((model) =>
        toModel(model, head, leases.filter((name) => name.startsWith(clientsOf(model))).length),
      );
    },
    async parked(by, options = {}) {
      context.ensureOpen();
      checkOptions(options, ["after", "limit"]);
      const { after = 0, limit = 100 } = options;
      checkPosition(after, "after");
      checkInteger(limit, "limit", 1);
      if ("consumer" in by) return (await parkedOf(by.consumer, after, Math.min(limit, COUNTED))).map(toParked);
      const all = await modelsOf(storage).listParked({ name: by.readModel, schema: by.schema });
      return all
        .filter(({ position }) => position > after)
        .slice(0, limit)
        .map(toParked);
    },
    async query(text, options = {}) {
      if (typeof text !== "string") throw invalidArgument("text", "text must be one SELECT");
      return queryTables(storage, await listModels(), text, options);
    },
    async snapshots(options = {}) {
      context.ensureOpen();
      checkOptions(options, ["after", "limit"]);
      const { after = "", limit = 100 } = options;
      checkInteger(limit, "limit", 1);
      const { snapshots, cursor, done } = await contents.listSnapshots({ after, limit });
      return {
        snapshots: snapshots.map(({ stream, projection, schema, version, timestamp, state }) => ({
          stream: stream === ALL_STREAMS ? undefined : stream,
          projection,
          schema,
          version,
          timestamp,
          state,
        })),
        next: done ? undefined : cursor,
      };
    },
    async leases() {
      context.ensureOpen();
      return leasesLike("");
    },
    async outbox() {
      context.ensureOpen();
      return storage.sync === undefined ? undefined : readOutbox(storage.sync);
    },
    steps: (projection, options = {}) => foldSteps(store, projection, options),
    subscribe({ onChange, onEnd }) {
      context.ensureOpen();
      let stopped = false;
      const end = (error: unknown): void => {
        if (stopped) return;
        stop();
        onEnd(error);
      };
      const stopListening = storage.onChange(({ head }) => stopped || onChange(head), end);
      const stopClosing = context.onClose(end);
      function stop(): void {
        stopped = true;
        stopListening();
        stopClosing();
      }
      return stop;
    },
  };
}

function toParked({ id, ...rest }: ParkedRecord): ParkedEvent {
  return { ...rest, eventId: id };
}
