/** What the compiler must accept of replicas and hubs, in an application with strict settings. Compiled with the tests, never run. */
import type { EventStore } from "rivulet";
import { follow, type Replica } from "rivulet/sync";
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
