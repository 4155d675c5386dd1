import { isEventStoreError, type EventStore, type NewEvent, type StoredEvent, type StreamAppend } from "rivulet";
import { fixedClock, sequentialIds } from "rivulet/testing";
import { expect } from "vitest";
import { Model, type ModelEntry, type ModelEvent, type ModelOutcome } from "./model.ts";
import { STREAMS, type Command, type EntryPlan, type EventPlan, type ReadPlan } from "./model-commands.ts";

/** The store of a story. Without `reopen`, commands that reopen it are skipped. */
export interface Stage {
  open(options: { clock: () => number; newId: () => string }): Promise<EventStore>;
  readonly persists: boolean;
}

interface Watching {
  readonly plan: ReadPlan;
  readonly seen: StoredEvent[];
  end: Promise<void>;
}

/** Runs commands on a store and on the model, and expects the same results at every step. */
export async function playStory(stage: Stage, commands: readonly Command[]): Promise<void> {
  const model = new Model();
  const clock = fixedClock(50);
  // The model's ids are made as the store's are, one for each event that brings none.
  const mirror = sequentialIds();
  const options = { clock, newId: sequentialIds() };
  const watches: Watching[] = [];
  let store = await stage.open(options);

  const play = async (command: Command): Promise<void> => {
    switch (command.do) {
      case "append":
        return appendAll(command.requests);
      case "read":
        for (const plan of command.reads) await compareRead(plan);
        return;
      case "watch":
        return startWatch(command.read);
      case "clock":
        return clock.set(command.time);
      case "look":
        return look();
      case "reopen":
        return stage.persists ? reopen() : undefined;
    }
  };

  try {
    for (const command of commands) await play(command);
    await look();
    await finish();
  } finally {
    await store.close();
  }

  async function appendAll(plans: readonly (readonly EntryPlan[])[]): Promise<void> {
    const attempts = plans.map((plan) => {
      const { entries, modelled } = resolveRequest(model, plan, mirror);
      // All are called in this turn, so they commit in this order.
      const [first] = entries as [StreamAppend];
      const { expectedVersion } = first;
      const call =
        entries.length > 1
          ? store.append(entries)
          : store
              .stream(first.stream)
              .append(first.events, { expectedVersion })
              .then((result) => [result]);
      const settled = call.then(
        (results): ModelOutcome => ({ results: results.map(({ ...result }) => result) }),
        toOutcome,
      );
      return { settled, expected: model.append(modelled, clock()) };
    });
    for (const { settled, expected } of attempts) expectOutcome(await settled, expected);
  }

  async function compareRead({ stream, options: bounds }: ReadPlan): Promise<void> {
    const reader = stream === undefined ? store.read(bounds) : store.stream(stream).read(bounds);
    expect(await reader.toArray()).toEqual(model.read(stream, bounds));
  }

  async function startWatch(plan: ReadPlan): Promise<void> {
    const watching = watch({ plan, seen: [], end: Promise.resolve() });
    const newest = plan.stream === undefined ? model.events.length : model.version(plan.stream);
    if ((plan.options.after ?? 0) <= newest) watches.push(watching);
    else await expect(watching.end).rejects.toMatchObject({ code: "invalid-argument", details: { argument: "after" } });
  }

  function watch(watching: Watching): Watching {
    const { plan, seen } = watching;
    const { types, streams, streamPrefix, metadata } = plan.options;
    const last = seen.at(-1);
    const checkpoint = plan.stream === undefined ? last?.position : last?.version;
    const after = checkpoint ?? plan.options.after;
    const watcher =
      plan.stream === undefined
        ? store.watch({ after, types, streams, streamPrefix, metadata })
        : store.stream(plan.stream).watch({ after });
    watching.end = (async () => {
      for await (const event of watcher) seen.push(event);
    })();
    watching.end.catch(() => undefined);
    return watching;
  }

  async function look(): Promise<void> {
    expect(await store.head()).toBe(model.events.length);
    expect(await store.streams().toArray()).toEqual(model.streams());
    for (const name of STREAMS) expect(await store.stream(name).version()).toBe(model.version(name));
    expect(await store.read().toArray()).toEqual(model.events);
  }

  async function reopen(): Promise<void> {
    await store.close();
    for (const { end } of watches) await expect(end).rejects.toMatchObject({ code: "store-closed" });
    store = await stage.open(options);
    for (const watching of watches) watch(watching);
  }

  /** Checks that every watcher saw the events of a read, and no others. */
  async function finish(): Promise<void> {
    const expected = watches.map(({ plan: { stream, options: watched } }) => {
      const { types, streams, streamPrefix, metadata, after } = watched;
      return model.read(stream, { after, types, streams, streamPrefix, metadata });
    });
    for (const [index, { seen, end }] of watches.entries()) {
      while (seen.length < (expected[index] as StoredEvent[]).length) {
        await Promise.race([end, new Promise(setImmediate)]);
      }
    }
    await store.close();
    for (const { end } of watches) await expect(end).rejects.toMatchObject({ code: "store-closed" });
    expect(watches.map(({ seen }) => seen)).toEqual(expected);
  }
}

/** Turns a plan into what is appended, and into what the model takes. */
function resolveRequest(
  model: Model,
  plan: readonly EntryPlan[],
  mirror: () => string,
): { entries: StreamAppend[]; modelled: ModelEntry[] } {
  const versions = new Map<string, number>();
  const resolved = plan.map((entry) => {
    const known = entry.events.find(({ kind }) => kind === "again");
    const followed = known?.kind === "again" && entry.followsKnown ? pickFrom(model, known.pick)?.stream : undefined;
    const stream = followed ?? entry.stream;
    const version = versions.get(stream) ?? model.version(stream);
    const expectedVersion = entry.expected === "current" ? version : entry.expected;
    const events = entry.events.map((event) => resolveEvent(model, event));
    versions.set(stream, version + events.length);
    return {
      entry: { stream, expectedVersion, events },
      modelled: {
        stream,
        expectedVersion,
        events: events.map(({ id, type, data, metadata }): ModelEvent => ({
          id: id ?? mirror(),
          type,
          data,
          metadata: metadata ?? {},
        })),
      },
    };
  });
  return { entries: resolved.map(({ entry }) => entry), modelled: resolved.map(({ modelled }) => modelled) };
}

function resolveEvent(model: Model, plan: EventPlan): NewEvent {
  if (plan.kind === "named") return { type: "named", id: `named-${plan.name}`, data: plan.data };
  if (plan.kind === "new") {
    return { type: plan.type, data: plan.data, ...(plan.user !== undefined && { metadata: { user: plan.user } }) };
  }
  const known = pickFrom(model, plan.pick);
  if (known === undefined) return { type: "first" };
  const { id, type, data } = known;
  return plan.kind === "again" ? { id, type, data, metadata: { retried: true } } : { id, type, data: { was: data } };
}

function pickFrom(model: Model, pick: number): StoredEvent | undefined {
  return model.events[pick % Math.max(1, model.events.length)];
}

function toOutcome(error: unknown): ModelOutcome {
  if (isEventStoreError(error)) return { code: error.code, details: { ...error.details } };
  throw error;
}

function expectOutcome(actual: ModelOutcome, expected: ModelOutcome): void {
  if ("code" in expected && expected.code === "invalid-event") expect(actual).toMatchObject({ code: "invalid-event" });
  else expect(actual).toEqual(expected);
}
