import { openEventStore, type EventStore, type NewEvent } from "rivulet";
import type { EventStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { createHub, type Hub, type HubLimits } from "rivulet/sync/hub";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { PullLine } from "../../dist/src/sync/messages.js";
import { randomFrom } from "../support/random.ts";
import { linesOf, pullFrom, type Asked } from "../support/sync/ask-hub.ts";

/** What a hub has read of its storage. */
interface Reads {
  pages: number;
  /** Events of one stream that were read, and positions that were looked through. */
  looked: number;
}

const noted = (label: number): NewEvent => ({ type: "noted", data: { label } });

test("a thousand replicas of a hub that are caught up cost it one read for each change", async () => {
  const { hub, store, reads } = await openHub({ pulls: 2_000 });
  const pulls = await Promise.all(
    Array.from({ length: 1_000 }, (_, index) => pullFrom(hub, [{ kind: "prefix", name: `list-${index % 10}` }])),
  );
  await Promise.all(pulls.map((pull) => pull.next()));
  const before = reads.pages;
  for (let list = 0; list < 10; list++) await store.stream(`list-${list}`).append(noted(list));
  const lines = await Promise.all(pulls.map((pull) => pull.next()));

  expect(reads.pages - before).toBeLessThanOrEqual(10);
  expect(lines.map((line) => line?.events.length)).toEqual(Array.from({ length: 1_000 }, () => 1));
  expect(lines.map((line) => line?.events[0]?.[0])).toEqual(pulls.map((_, index) => (index % 10) + 1));
  await Promise.all(pulls.map((pull) => pull.cancel()));
});

test("what does not match moves the checkpoint with the next heartbeat, and reads nothing", async () => {
  const { hub, store, reads } = await openHub({ heartbeat: 50 });
  await store.stream("list-a").append(noted(1));
  const pull = await pullFrom(hub, [{ kind: "stream", name: "list-a" }]);
  expect(await pull.next()).toMatchObject({ events: [{}], place: { position: 1 } });
  const before = reads.pages;
  for (let label = 0; label < 5; label++) await store.stream("list-b").append(noted(label));

  let line: PullLine | undefined;
  do line = await pull.next();
  while (line !== undefined && line.place.position !== 6);

  expect(line).toMatchObject({ events: [], caughtUp: true });
  expect(reads.pages - before).toBeLessThanOrEqual(5);
  await pull.cancel();
});

describe("of a long history", () => {
  const EVENTS = 30_000;
  let opened: { store: EventStore; hub: Hub; reads: Reads };
  let all: readonly { position: number; stream: string }[];

  beforeAll(async () => {
    opened = await openHub();
    const random = randomFrom(7);
    const streamAt = (): string => {
      const dice = random.below(1_000);
      if (dice < 20) return `list-${dice % 7}`;
      return dice < 40 ? `order-${random.below(400)}` : `log-${dice % 3}`;
    };
    const streams = Array.from({ length: EVENTS }, streamAt);
    for (let from = 0; from < EVENTS; from += 5_000) {
      const part = streams.slice(from, from + 5_000);
      await opened.store.append(part.map((stream, index) => ({ stream, events: [noted(from + index)] })));
    }
    all = streams.map((stream, index) => ({ stream, position: index + 1 }));
  });

  test("a hub reads as much as was asked for, and not what lies between", async () => {
    const matching = all.filter(({ stream }) => stream.startsWith("list-")).length;
    const cost = async (items: readonly Asked[]): Promise<Reads> => {
      const before = { ...opened.reads };
      await linesOf(await pullFrom(opened.hub, items, { live: false }));
      return { pages: opened.reads.pages - before.pages, looked: opened.reads.looked - before.looked };
    };
    const byPrefix = await cost([{ kind: "prefix", name: "list-" }]);
    const byStream = await cost([{ kind: "stream", name: "list-3" }]);

    // One more each, for the marks of the places.
    expect(byPrefix.looked).toBeLessThanOrEqual(matching * 1.1);
    expect(byStream.looked).toBeLessThanOrEqual((matching / 7) * 2);
    expect(byStream.pages).toBeLessThanOrEqual(8);
  });

  test("a replica that comes back reads nothing of what it has", async () => {
    const [last] = (
      await linesOf(await pullFrom(opened.hub, [{ kind: "prefix", name: "list-" }], { live: false }))
    ).slice(-1) as [PullLine];
    const before = opened.reads.looked;
    const item = { kind: "prefix", name: "list-", ...last.place } as const;
    const lines = await linesOf(await pullFrom(opened.hub, [item], { live: false }));

    expect(lines).toMatchObject([{ events: [], caughtUp: true, place: { position: EVENTS } }]);
    expect(opened.reads.looked - before).toBeLessThanOrEqual(2);
  });

  test("whatever is asked for comes complete and in order, from whatever places", async () => {
    const random = randomFrom(11);
    const places = new Map<number, string | null>([[0, null]]);
    for (const name of ["list-", "order-"]) {
      for (const { place } of await linesOf(await pullFrom(opened.hub, [{ kind: "prefix", name }], { live: false })))
        places.set(place.position, place.mark);
    }
    const known = [...places];
    const names = ["list-1", "list-2", "list-", "list-6", "order-1", "order-17", "order-", "nothing"];
    for (let round = 0; round < 40; round++) {
      const items = Array.from({ length: 1 + random.below(4) }, (): Required<Asked> => {
        const name = names[random.below(names.length)] as string;
        const [position, mark] = known[random.below(3) === 0 ? 0 : random.below(known.length)] as [number, string];
        const kind = name.endsWith("-") ? "prefix" : "stream";
        return { kind, name, position, mark };
      });
      const expected = all.filter(({ stream, position }) =>
        items.some(
          (item) =>
            position > item.position && (item.kind === "stream" ? stream === item.name : stream.startsWith(item.name)),
        ),
      );
      const lines = await linesOf(await pullFrom(opened.hub, items, { live: false }));
      const found = lines.flatMap(({ events }) => events.map(([position, stream]) => ({ stream, position })));
      // As texts: lists of thousands of objects are compared slowly.
      expect(JSON.stringify(found) === JSON.stringify(expected), JSON.stringify(items)).toBe(true);
      expect(lines.at(-1)).toMatchObject({ caughtUp: true, place: { position: EVENTS } });
      for (const { events, place } of lines)
        expect(Number(events.at(-1)?.[0] ?? 0)).toBeLessThanOrEqual(place.position);
    }
  });
});

async function openHub(limits: HubLimits = {}): Promise<{ store: EventStore; hub: Hub; reads: Reads }> {
  const reads: Reads = { pages: 0, looked: 0 };
  const { storage } = await betterSqlite3().open();
  const counted: EventStorage = {
    ...storage,
    async readPage(query) {
      const page = await storage.readPage(query);
      reads.pages += 1;
      reads.looked += query.stream === undefined ? page.cursor - query.after : page.count;
      return page;
    },
  };
  const store = await openEventStore({ name: "counted", open: async () => ({ storage: counted, verbs: {} }) });
  const hub = createHub(store, { authenticate: () => "ada", limits });
  if (limits.pulls !== undefined || limits.heartbeat !== undefined) onTestFinished(() => store.close());
  return { store, hub, reads };
}
