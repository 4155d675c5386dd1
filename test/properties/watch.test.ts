import * as fc from "fast-check";
import { openEventStore, type EventStore, type EventWatcher, type StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, test } from "vitest";
import { createTurnstile, type Turnstile } from "../support/turnstile.ts";
import { temporaryFolder } from "../support/temporary.ts";

const KINDS = ["all", "from the head", "stream a", "type odd", "prefix b"] as const;
type Kind = (typeof KINDS)[number];

const actions = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        do: fc.constant("append" as const),
        through: fc.constantFrom(0 as const, 1 as const),
        stream: fc.constantFrom("a", "b"),
        count: fc.oneof(
          { weight: 12, arbitrary: fc.integer({ min: 1, max: 4 }) },
          // More than a page, and more than the recent events kept for watchers.
          { weight: 1, arbitrary: fc.constantFrom(300, 1_100) },
        ),
        awaited: fc.boolean(),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("watch" as const),
        through: fc.constantFrom(0 as const, 1 as const),
        kind: fc.constantFrom(...KINDS),
        slow: fc.boolean(),
      }),
    },
    { weight: 3, arbitrary: fc.record({ do: fc.constant("allow" as const), pick: fc.nat(), count: fc.nat(5) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("leave" as const), pick: fc.nat() }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("turn" as const) }) },
  ),
  { minLength: 1, maxLength: 40 },
);

interface Watching {
  readonly kind: Kind;
  readonly after: number;
  readonly seen: StoredEvent[];
  readonly turnstile: Turnstile;
  readonly watcher: EventWatcher;
  readonly end: Promise<void>;
  left: boolean;
}

test("every watcher gets every event once, in order, without gaps, however slow it is and whichever client appends", async () => {
  const folder = temporaryFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(actions, async (script) => {
      const path = `${folder}/${++run}.db`;
      const open = (): Promise<EventStore> => openEventStore(betterSqlite3({ path, durability: "normal" }));
      const stores = [await open(), await open()] as const;
      const watches: Watching[] = [];
      const appending: Promise<unknown>[] = [];
      let count = 0;

      for (const action of script) {
        const picked = "pick" in action ? watches[action.pick % Math.max(1, watches.length)] : undefined;
        if (action.do === "append") {
          const events = Array.from({ length: action.count }, () => ({ type: ++count % 3 === 0 ? "odd" : "even" }));
          const appended = stores[action.through].stream(action.stream).append(events);
          appending.push(appended);
          if (action.awaited) await appended;
        } else if (action.do === "watch") {
          // Otherwise an append in progress would be neither before the head nor after it.
          if (action.kind === "from the head") await Promise.all(appending);
          const after = action.kind === "from the head" ? await stores[0].head() : 0;
          watches.push(startWatch(stores[action.through], action.kind, after, action.slow));
        } else if (action.do === "allow") picked?.turnstile.allow(action.count);
        else if (action.do === "leave" && picked !== undefined) {
          picked.left = true;
          picked.turnstile.allow(Infinity);
          await picked.watcher.return?.();
        } else await new Promise(setImmediate);
      }

      await Promise.all(appending);
      await stores[0].append([
        { stream: "a", events: { type: "finale" } },
        { stream: "b", events: { type: "finale" } },
      ]);
      for (const { turnstile } of watches) turnstile.allow(Infinity);
      await Promise.all(watches.map(({ end }) => end));

      const all = await stores[1].read().toArray();
      for (const { kind, after, seen, left } of watches) {
        const expected = all.filter((event) => event.position > after && isWanted(kind, event));
        expect(seen).toEqual(left ? expected.slice(0, seen.length) : expected);
      }
      await Promise.all(stores.map((store) => store.close()));
    }),
    { numRuns: 60 },
  );
});

/** Collects a watcher's events until the last one, taking each when the turnstile lets it through. */
function startWatch(store: EventStore, kind: Kind, after: number, slow: boolean): Watching {
  const seen: StoredEvent[] = [];
  const turnstile = createTurnstile();
  if (!slow) turnstile.allow(Infinity);
  const watcher = openWatcher(store, kind);
  const end = (async () => {
    for await (const event of watcher) {
      seen.push(event);
      if (event.type === "finale" && (event.stream === "b" || kind === "stream a")) return;
      await turnstile.pass();
    }
  })();
  return { kind, after, seen, turnstile, watcher, end, left: false };
}

function openWatcher(store: EventStore, kind: Kind): EventWatcher {
  if (kind === "stream a") return store.stream("a").watch();
  if (kind === "from the head") return store.watch({ after: "head" });
  if (kind === "type odd") return store.watch({ types: ["odd", "finale"] });
  return store.watch(kind === "prefix b" ? { streamPrefix: "b" } : {});
}

function isWanted(kind: Kind, event: StoredEvent): boolean {
  if (kind === "stream a") return event.stream === "a";
  if (kind === "prefix b") return event.stream === "b";
  return kind !== "type odd" || event.type !== "even";
}
