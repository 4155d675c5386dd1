import { memory, openEventStore } from "rivulet";
import type { EventStorage } from "rivulet/adapter";
import { createHub, type Hub } from "rivulet/sync/hub";
import { expect, test } from "vitest";

interface Place {
  readonly position: number;
  readonly mark: string | null;
}

/** A storage with a history of its own, and the lineage of another. */
async function historyOf(ids: readonly string[], lineage?: string): Promise<EventStorage> {
  const { storage } = await memory().open();
  if (lineage !== undefined) await storage.contents?.adoptLineage(lineage);
  await add(storage, ids);
  return storage;
}

async function add(storage: EventStorage, ids: readonly string[]): Promise<void> {
  const events = ids.map((id) => ({ id, type: "noted", schemaVersion: 1, data: null, metadata: null }));
  const entries = [{ stream: "list", expectedVersion: "any", events } as const];
  if (ids.length > 0) await storage.append([{ entries, timestamp: 1_000, freshIds: false }]);
}

/** Opens a hub over whatever `current` returns, as a process that a failover gives another database. */
async function hubOver(current: () => EventStorage): Promise<Hub> {
  const storage = new Proxy({} as EventStorage, { get: (_, name) => Reflect.get(current(), name) as unknown });
  const store = await openEventStore({ name: "failover", open: async () => ({ storage, verbs: {} }) });
  return createHub(store, { authenticate: () => "ada" });
}

/** The status of a pull, and the place of its last line. */
async function pull(
  hub: Hub,
  lineage: string,
  place: Place = { position: 0, mark: null },
): Promise<[number, Place | undefined]> {
  const items = [{ kind: "stream", name: "list", ...place }];
  const body = JSON.stringify({ protocol: 1, lineage, items, live: false });
  const response = await hub.fetch(new Request("http://hub.test/pull", { method: "POST", body }));
  const lines = (await new Response(response.body as never).text()).trim().split("\n");
  return [response.status, (JSON.parse(lines.at(-1) as string) as { place?: Place }).place];
}

test("a hub whose database is restored while it runs, as by a failover, recognises replicas that know more, also once it has gone on", async () => {
  const before = await historyOf(["one", "two"]);
  const { lineage } = await before.info();
  const restored = await historyOf(["one"], lineage);
  let current = before;
  const hub = await hubOver(() => current);
  const [, place] = await pull(hub, lineage);

  current = restored;
  expect(await pull(hub, lineage, place)).toEqual([409, undefined]);
  await add(restored, ["another"]);

  expect(await pull(hub, lineage, place)).toEqual([409, undefined]);
});

test("a hub whose database was restored and has gone on gives the places of the new history", async () => {
  const before = await historyOf(["one", "two"]);
  const { lineage } = await before.info();
  const restored = await historyOf(["one", "another"], lineage);
  let current = before;
  const hub = await hubOver(() => current);
  await pull(hub, lineage);

  current = restored;

  expect(await pull(hub, lineage)).toEqual(await pull(await hubOver(() => restored), lineage));
});
