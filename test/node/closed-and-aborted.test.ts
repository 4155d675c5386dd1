import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { defineDecider } from "rivulet/deciders";
import { ndjson } from "rivulet/ndjson";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { expect, test } from "vitest";

const event = { type: "counted" };
const projection = defineProjection({ name: "count", initial: () => 0, on: { counted: (count: number) => count + 1 } });
const decider = defineDecider({ initial: () => 0, evolve: {}, decide: () => event });
const rows = table("rows", "position INTEGER");
const definition = defineReadModel({
  name: "rows",
  tables: [rows],
  on: { counted: ({ position }) => sql`INSERT INTO ${rows} VALUES (${position})` },
});
const handled = (name: string) => defineConsumer({ name, handler: () => undefined });
const query = sql`SELECT * FROM ${rows}`;

/** Made while the store is open. */
interface Handles {
  readonly store: EventStore;
  readonly stream: ReturnType<EventStore["stream"]>;
  readonly past: ReturnType<EventStore["at"]>;
  readonly live: ReturnType<EventStore["project"]>;
  readonly consumer: ReturnType<EventStore["consume"]>;
  readonly model: Awaited<ReturnType<EventStore["readModel"]>>;
}

type Options = { readonly signal?: AbortSignal; readonly [wrong: string]: unknown };
type Call = (handles: Handles, options: Options) => unknown;

/**
 * Calls with options. A call that returns a promise rejects; any other throws, but reports an aborted signal at the
 * first use of its result.
 */
const PROMISES: Record<string, Call> = {
  "store.append": ({ store }, options) => store.append([{ stream: "a", events: event }], options),
  "store.load": ({ store }, options) => store.load(projection, options),
  "store.readModel": ({ store }, options) => store.readModel(definition, options),
  "store.importEvents": ({ store }, options) => store.importEvents(ndjson, "", options),
  "stream.append": ({ stream }, options) => stream.append(event, options),
  "stream.load": ({ stream }, options) => stream.load(projection, options),
  "stream.execute": ({ stream }, options) => stream.execute(decider, undefined, options),
  "past.load": ({ past }, options) => past.load(projection, options),
  "past.stream.load": ({ past }, options) => past.stream("a").load(projection, options),
  "model.query": ({ model }, options) => model.query(query, options),
  "model.rebuild": ({ model }, options) => model.rebuild(options),
};
const HANDLES: Record<string, Call> = {
  "store.read": ({ store }, options) => store.read(options),
  "store.watch": ({ store }, options) => store.watch(options),
  "store.streams": ({ store }, options) => store.streams(options),
  "store.exportEvents": ({ store }, options) => store.exportEvents(ndjson, options),
  "store.project": ({ store }, options) => store.project(projection, options),
  "store.consume": ({ store }, options) => store.consume(handled("other"), options),
  "stream.read": ({ stream }, options) => stream.read(options),
  "stream.watch": ({ stream }, options) => stream.watch(options),
  "past.read": ({ past }, options) => past.read(options),
  "past.exportEvents": ({ past }, options) => past.exportEvents(ndjson, options),
  "model.live": ({ model }, options) => model.live(query, options),
};
/** Calls whose only option is a signal. */
const CAUGHT_UP: Record<string, Call> = {
  "live.caughtUp": ({ live }, options) => live.caughtUp(0, options),
  "consumer.caughtUp": ({ consumer }, options) => consumer.caughtUp(0, options),
  "model.caughtUp": ({ model }, options) => model.caughtUp(0, options),
};
/** Calls without options. */
const PLAIN_PROMISES: Record<string, Call> = {
  "store.head": ({ store }) => store.head(),
  "store.info": ({ store }) => store.info(),
  "stream.version": ({ stream }) => stream.version(),
  "stream.saveSnapshot": ({ stream }) => stream.saveSnapshot({ projection: "p", version: 1, state: 1 }),
  "stream.loadSnapshot": ({ stream }) => stream.loadSnapshot("p"),
  "past.position": ({ past }) => past.position(),
  "past.stream.version": ({ past }) => past.stream("a").version(),
  "consumer.lag": ({ consumer }) => consumer.lag(),
  "consumer.parked": ({ consumer }) => consumer.parked(),
  "consumer.retryParked": ({ consumer }) => consumer.retryParked(),
  "model.parked": ({ model }) => model.parked(),
  "model.retryParked": ({ model }) => model.retryParked(),
};
const PLAIN_HANDLES: Record<string, Call> = {
  "store.stream": ({ store }) => store.stream("a"),
  "store.at": ({ store }) => store.at(1),
};

async function prepare(): Promise<Handles> {
  const store = await openEventStore(betterSqlite3());
  const stream = store.stream("a");
  await stream.append(event);
  const model = await store.readModel(definition);
  await model.caughtUp();
  const consumer = store.consume(handled("one"));
  await consumer.caughtUp();
  return { store, stream, past: store.at(1), live: store.project(projection), consumer, model };
}

/** How a call fails, by throwing or by rejecting, and with which error. */
async function failure(call: () => unknown): Promise<readonly [how: string, why: unknown]> {
  let made: unknown;
  try {
    made = call();
  } catch (error) {
    return ["throws", error];
  }
  try {
    await (typeof (made as Partial<PromiseLike<unknown>>).then === "function"
      ? made
      : (made as AsyncIterator<unknown>).next());
    return ["goes well", undefined];
  } catch (error) {
    return ["rejects", error];
  }
}

const code = (error: unknown): unknown => (error as { code?: unknown }).code ?? error;

test("once a store is closed, each call that returns a promise rejects with store-closed, and any other throws it", async () => {
  const handles = await prepare();
  await handles.store.close();
  const found: Record<string, unknown> = {};
  const wanted: Record<string, unknown> = {};
  for (const [name, call] of Object.entries({ ...PROMISES, ...PLAIN_PROMISES, ...HANDLES, ...PLAIN_HANDLES })) {
    const [how, why] = await failure(() => call(handles, {}));
    found[name] = [how, code(why)];
    wanted[name] = [name in HANDLES || name in PLAIN_HANDLES ? "throws" : "rejects", "store-closed"];
  }
  expect(found).toEqual(wanted);
});

test("an unknown option is refused in the same way: a call that returns a promise rejects, any other throws", async () => {
  const handles = await prepare();
  const found: Record<string, unknown> = {};
  const wanted: Record<string, unknown> = {};
  for (const [name, call] of Object.entries({ ...PROMISES, ...HANDLES })) {
    const [how, why] = await failure(() => call(handles, { wrong: 1 }));
    found[name] = [how, code(why)];
    wanted[name] = [name in HANDLES ? "throws" : "rejects", "invalid-argument"];
  }
  expect(found).toEqual(wanted);
  await handles.store.close();
});

test("with an aborted signal nothing is done: the call, or the first use of its result, fails with the signal's reason", async () => {
  const handles = await prepare();
  const head = await handles.store.head();
  const reason = new Error("enough");
  const signal = AbortSignal.abort(reason);
  for (const [name, call] of Object.entries({ ...PROMISES, ...HANDLES, ...CAUGHT_UP })) {
    const [how, why] = await failure(() => call(handles, { signal }));
    expect([name, why]).toEqual([name, reason]);
    if (!(name in HANDLES)) expect([name, how]).toEqual([name, "rejects"]);
  }
  expect(await handles.store.head()).toBe(head);
  await handles.store.close();
});
