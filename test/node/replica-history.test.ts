import { memory, openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { follow, type CatchUpProgress, type FetchLike, type Replica } from "rivulet/sync";
import { createHub } from "rivulet/sync/hub";
import { expect, onTestFinished, test } from "vitest";
import { scriptPath, startProcess } from "../support/child.ts";
import { until } from "../support/sync/until.ts";
import { temporaryPath } from "../support/temporary.ts";

const EVENTS = 100_000;

/** The position up to which a line of a pull has everything. */
const PLACE = /"place":\{[^}]*"position":(\d+)/;

test("100,000 events of history arrive in parts, with progress; interrupted, the first connection goes on where it was", async () => {
  const atHub = await openEventStore(betterSqlite3());
  for (let batch = 0; batch < EVENTS / 1_000; batch++) {
    const events = Array.from({ length: 1_000 }, (_, index) => ({ type: "noted", data: { batch, index } }));
    await atHub.stream(`list-${batch % 10}`).append(events);
  }
  const hub = createHub(atHub, { authenticate: () => "ada" });
  const asked: number[] = [];
  const fetch: FetchLike = async (url, init) => {
    const { items } = JSON.parse(init.body) as { readonly items?: readonly { readonly position: number }[] };
    if (url.endsWith("/pull")) asked.push(items?.[0]?.position ?? -1);
    return hub.fetch(new Request(url, init));
  };
  const own = await openEventStore(betterSqlite3({ path: temporaryPath(), durability: "normal" }));
  onTestFinished(async () => {
    await own.close();
    await atHub.close();
  });
  const told: CatchUpProgress[] = [];
  const start = (onProgress: (progress: CatchUpProgress) => void): Promise<Replica> =>
    follow(own, { url: "https://hub.test", fetch, streamPrefixes: ["list-"], onProgress });

  const first = await start((progress) => told.push(progress));
  await until(first, () => (told.at(-1)?.position ?? 0) > 20_000);
  await first.close();
  const reached = await own.head();
  const before = asked.length;
  const second = await start((progress) => told.push(progress));
  await until(second, () => second.status.connection === "live");
  await second.close();

  expect(reached).toBeGreaterThan(20_000);
  expect(reached).toBeLessThan(EVENTS);
  expect([asked[0], asked[before]]).toEqual([0, reached]);
  expect(await own.head()).toBe(EVENTS);
  const positions = told.map(({ position }) => position);
  expect(positions).toEqual([...positions].sort((one, other) => one - other));
  // No part is more than what a hub reads at once.
  expect(Math.max(...positions.map((position, index) => position - (positions[index - 1] ?? 0)))).toBeLessThan(10_000);
  expect(told.at(-1)).toEqual({ position: EVENTS, head: EVENTS });
  const [here, there] = [own, atHub].map((store) => store.stream("list-7").read().toArray());
  expect((await here)?.map(({ id, version }) => [id, version])).toEqual(
    (await there)?.map(({ id, version }) => [id, version]),
  );
});

test("a replica asks for the next part of a long history only once the last one is stored, so it never holds more than one", async () => {
  const atHub = await openEventStore(memory());
  const events = Array.from({ length: 1_000 }, (_, index) => ({ type: "noted", data: { index } }));
  for (let batch = 0; batch < 20; batch++) await atHub.stream(`list-${batch % 3}`).append(events);
  const hub = createHub(atHub, { authenticate: () => "ada" });
  const own = await openEventStore(memory());
  const unstored: number[] = [];
  const fetch: FetchLike = async (url, init) => {
    const response = await hub.fetch(new Request(url, init));
    const reader = response.body?.getReader();
    if (reader === undefined) return response;
    let given = 0;
    const read: typeof reader.read = async () => {
      unstored.push(Math.max(0, given - (await own.head())));
      const piece = await reader.read();
      const text = new TextDecoder().decode(piece.value);
      for (const line of text.split("\n")) given = Math.max(given, Number(PLACE.exec(line)?.[1] ?? 0));
      return piece;
    };
    return {
      status: response.status,
      body: { getReader: () => ({ read, cancel: (reason) => reader.cancel(reason) }) },
    };
  };
  const replica = await follow(own, { url: "https://hub.test", fetch, streamPrefixes: ["list-"] });
  onTestFinished(async () => {
    for (const one of [replica, own, atHub]) await one.close();
  });
  await until(replica, () => replica.status.connection === "live");

  expect(await own.head()).toBe(20_000);
  expect(unstored.length).toBeGreaterThan(10);
  expect(Math.max(...unstored)).toBe(0);
});

test("60,000 events arrive at a replica whose process has too little memory to hold them", async () => {
  const script = scriptPath("follow-history");
  // In megabytes, a multiple of what it needs; the events alone would take more.
  const child = startProcess(process.execPath, ["--max-old-space-size=40", script, temporaryPath(), "60"]);

  expect(await child.ended).toMatchObject({ code: 0, lines: ["60000"] });
});
