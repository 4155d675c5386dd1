import { openEventStore, type Adapter, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { postgres } from "rivulet/postgres";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Command } from "../../demo/counter/commands.ts";
import { isCountable, type Counter } from "../../demo/counter/counter.ts";
import { PREFIX } from "../../demo/counter/events.ts";
import { LONGEST_LABEL } from "../../demo/counter/names.ts";
import { openCounterService } from "../../demo/counter/open-service.ts";
import { readEvent } from "../../demo/counter/read-event.ts";
import type { CounterService, LogFilter } from "../../demo/counter/service.ts";
import { appendOddEvents, ODD_COUNT, ODD_STREAMS, oddEvent } from "../support/odd-counter-events.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { createRandom, type Random } from "../support/random.ts";

const TAB = "Otter";
const STORIES = 12;
const STEPS = 40;

describe("over better-sqlite3", () => describeOddEvents(betterSqlite3));

describe.skipIf(mayBeLeftOut())("over PostgreSQL", () => {
  const server = usePostgres();
  let count = 0;

  describeOddEvents(() => postgres({ connectionString: server().connectionString, schema: `odd_${++count}` }));
});

function describeOddEvents(adapter: () => Adapter): void {
  let store: EventStore;

  beforeEach(async () => {
    store = await openEventStore(adapter());
    onTestFinished(() => store.close());
  });

  test("counters open with every type of event and every damage of its data, and go on counting", async () => {
    await appendOddEvents(store);

    const service = await openCounterService(store);

    await expectConsistent(service);
    for (const stream of ODD_STREAMS.filter((name) => name.startsWith(PREFIX))) {
      await tryTo(service, { type: "restore", stream });
      const before = counterOf(service, stream);
      const by = before.value > 0 ? -1 : 1;
      await service.run({ type: "add", stream, by }, TAB);
      await service.run({ type: "undo", stream }, TAB);
      await service.run({ type: "redo", stream }, TAB);
      await expectConsistent(service);
      expect(counterOf(service, stream).value).toBe(before.value + by);
    }
    expect(counterOf(service, "counter-odd").unread).toBeGreaterThan(0);
  });

  test("the log finds every event of a counter once, whatever its data are", async () => {
    await appendOddEvents(store);
    const service = await openCounterService(store);
    const all = await store.read().toArray();

    for (const filter of [{ stream: "counter-odd" }, { type: "opened" }, { stream: "counter-", type: "undone" }]) {
      const expected = all.filter(({ stream, type }) => isFound({ stream, type }, filter)).map(({ id }) => id);
      expect(await readInPages(service, filter)).toEqual(expected);
      expect(await service.logSize(filter)).toBe(expected.length);
    }
    expect(await service.logSize({})).toBe(all.length);
  });

  test("commands between odd events are read as they were written, and the table and the folded counters agree", async () => {
    const random = createRandom("odd events between commands");
    for (let story = 0; story < STORIES; story += 1) await playStory(store, random, `story${story}`);
  });
}

/** Random commands and odd events to one counter, through the same service as the page's. */
async function playStory(store: EventStore, random: Random, name: string): Promise<void> {
  const service = await openCounterService(store);
  const stream = PREFIX + name;
  const given: Command[] = [{ type: "open", label: name }];
  for (let step = 0; step < STEPS; step += 1) {
    if (random.below(2) === 0) await store.stream(stream).append(oddEvent(random.below(ODD_COUNT)));
    else {
      const commands = await commandsFor(store, random, stream);
      const command = given.pop() ?? commands[random.below(commands.length)];
      const id = command && (await tryTo(service, command));
      const [written] = id === undefined ? [] : await store.read({ ids: [id] }).toArray();
      if (written !== undefined) expect(readEvent(written)).toEqual({ event: written });
    }
  }
  await expectConsistent(service);
}

async function commandsFor(store: EventStore, random: Random, stream: string): Promise<readonly Command[]> {
  const events = await store.stream(stream).read().toArray();
  const event = events[random.below(Math.max(1, events.length))]?.id ?? "none";
  return [
    { type: "add", stream, by: 1 + random.below(9) },
    { type: "add", stream, by: -1_000_000 },
    { type: "undo", stream },
    { type: "redo", stream },
    { type: "remove", stream },
    { type: "restore", stream },
    { type: "open", label: stream.slice(PREFIX.length) },
    { type: "take-back", stream, event },
  ];
}

/** Runs a command, which may be refused but must not fail in another way. Resolves with the id of its event. */
function tryTo(service: CounterService, command: Command): Promise<string | undefined> {
  return service.run(command, TAB).catch((error: unknown) => {
    expect(error).toMatchObject({ name: "Refusal" });
    return undefined;
  });
}

function counterOf({ counters }: CounterService, stream: string): Counter {
  const counter = counters.state[stream];
  if (counter === undefined) throw new Error(`there is no counter ${stream}`);
  return counter;
}

/** Every counter can be shown, and the read model, which is SQL, has what the fold has. */
async function expectConsistent(service: CounterService): Promise<void> {
  const { events } = await service.facts();
  const { counters: live, ranking } = service;
  // An error ends the wait, too.
  await expect.poll(() => [live.error ?? live.position, ranking.error ?? ranking.position]).toEqual([events, events]);
  const counters = Object.entries(service.counters.state);
  for (const [stream, { label, value }] of counters) {
    expect(stream.startsWith(PREFIX)).toBe(true);
    expect(isCountable(value), `${stream} has ${value}`).toBe(true);
    expect(label.trim(), stream).toMatch(/^[^\p{Cc}\p{Bidi_Control}\p{Surrogate}]+$/u);
    expect(label.length, stream).toBeLessThanOrEqual(LONGEST_LABEL);
  }
  const rows = service.ranking.state.map(({ stream, label, value, events: version }) => ({
    stream,
    label,
    value,
    version,
  }));
  const folded = counters
    .filter(([, { open }]) => open)
    .map(([stream, { label, value, version }]) => ({ stream, label, value, version }));
  const byStream = (one: { stream: string }, other: { stream: string }): number => (one.stream < other.stream ? -1 : 1);
  expect(rows.sort(byStream)).toEqual(folded.sort(byStream));
}

function isFound(event: { readonly stream: string; readonly type: string }, { stream, type }: LogFilter): boolean {
  if (!event.stream.startsWith(PREFIX) || !readable(event)) return false;
  return (stream ?? event.stream) === event.stream && (type ?? event.type) === event.type;
}

/** Whether the event is of a type that counters have. */
function readable({ type }: { readonly type: string }): boolean {
  return ["opened", "incremented", "decremented", "undone", "redone", "removed", "restored"].includes(type);
}

async function readInPages(service: CounterService, filter: LogFilter): Promise<readonly string[]> {
  const ids: string[] = [];
  for (;;) {
    const page = await service.log({ ...filter, skip: ids.length, limit: 7 });
    if (page.length === 0) return ids;
    ids.push(...page.map(({ id }) => id));
  }
}
