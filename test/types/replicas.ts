/** What the compiler must accept of replicas and hubs, in an application with strict settings. Compiled with the tests, never run. */
import type { Event, EventStore, EventWatcher, StoredEvent } from "rivulet";
import { follow, type Replica, type ReplicaWatcher, type ShownEvent, type ShownReader } from "rivulet/sync";
import { createHub } from "rivulet/sync/hub";
import { expectTypeOf } from "vitest";

const url = "https://example.org/sync";
const streams = ["account-1"];

export async function fetches(store: EventStore): Promise<void> {
  const hub = createHub(store, { authenticate: ({ headers }) => headers.get("authorization") });
  expectTypeOf(hub.fetch(new Request(url))).resolves.toEqualTypeOf<Response>();

  expectTypeOf(await follow(store, { url, streams, fetch })).toEqualTypeOf<Replica>();
  await follow(store, { url, streams, fetch: globalThis.fetch });
  await follow(store, { url, streams, fetch: (to, init) => fetch(to, init) });
  await follow(store, { url, streams, fetch: (to, init) => fetch(to, { ...init, credentials: "include" }) });
  await follow(store, { url, streams, fetch: (to, init) => hub.fetch(new Request(to, init)) });
  await follow(store, { url, streams, fetch: async () => new Response(null, { status: 503 }) });
  // @ts-expect-error An answer is a response.
  await follow(store, { url, streams, fetch: async () => "text" });
}

type Counted = Event<"counted", { n: number }> | Event<"cleared">;

export async function chosenTypes(replica: Replica, wide: readonly string[]): Promise<void> {
  for await (const event of replica.read({ types: ["counted"] })) {
    expectTypeOf(event).toEqualTypeOf<ShownEvent<Event<"counted", unknown>>>();
  }
  for await (const { confirmed, pending } of replica.watch({ types: ["counted"] })) {
    expectTypeOf(confirmed[0]?.type).toEqualTypeOf<"counted" | undefined>();
    expectTypeOf(pending[0]?.type).toEqualTypeOf<"counted" | undefined>();
  }
  for await (const event of replica.watch({ types: ["counted"], pending: false })) {
    expectTypeOf(event).toEqualTypeOf<StoredEvent<Event<"counted", unknown>>>();
  }
  for await (const { type } of replica.read({ types: wide })) expectTypeOf(type).toEqualTypeOf<string>();
  for await (const event of replica.read()) expectTypeOf(event).toEqualTypeOf<ShownEvent>();
  for await (const event of replica.read<Counted>({ types: ["counted"] })) {
    expectTypeOf(event).toEqualTypeOf<ShownEvent<Counted>>();
  }
  // @ts-expect-error There is no such type.
  replica.read<Counted>({ types: ["count"] });
}

/** Whoever passes on what a replica reads may describe the events alone by the type of the result. */
export const reading = {
  all: (replica: Replica): ShownReader<Counted> => replica.read(),
  chosen: (replica: Replica): ShownReader<Counted> => replica.read({ types: ["counted"] }),
  any: <E extends Event>(replica: Replica): ShownReader<E> => replica.read(),
  changes: (replica: Replica): ReplicaWatcher<Counted> => replica.watch({ types: ["counted"] }),
  anyChanges: <E extends Event>(replica: Replica): ReplicaWatcher<E> => replica.watch<E>(),
  confirmed: (replica: Replica): EventWatcher<Counted> => replica.watch({ types: ["counted"], pending: false }),
  anyConfirmed: <E extends Event>(replica: Replica): EventWatcher<E> => replica.watch({ pending: false }),
};
