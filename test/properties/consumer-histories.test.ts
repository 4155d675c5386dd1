import { useFakeTime } from "../support/movable-time.ts";
import type { Consumer, Event } from "rivulet";
import { defineConsumer, type ConsumerParts } from "rivulet/consumers";
import { expect, test, vi } from "vitest";
import { openSharedStorage, type SharedStorage } from "../support/clients.ts";
import { createRandom, type Random } from "../support/random.ts";
import { unawaited } from "../support/unawaited.ts";

type Counted = Event<"counted", number>;

const HISTORIES = 60;
const STEPS = 40;
const CLIENTS = 3;

/** The events of a random history, in order. */
interface History {
  /** Positions that are handled or parked. */
  readonly settled: Set<number>;
  readonly problems: string[];
  checkpoint: number;
  /** The head at the first call of a client that was not suspended; undefined before such a call. */
  called: number | undefined;
}

/** One simulated process: its client and consumer, and whether it is dead. */
interface Process {
  readonly client: Awaited<ReturnType<SharedStorage["client"]>>;
  consumer: Consumer | undefined;
  dead: boolean;
}

/** Counts the faults, to show that each kind occurred. */
interface Seen {
  failures: number;
  parked: number;
  kills: number;
  begun: number;
  jumps: number;
}

const pass = useFakeTime(["setTimeout", "clearTimeout", "Date", "performance"]);

test("despite kills, stops, failures and hanging handlers each event is handled in order, none is skipped, and no checkpoint goes back", async () => {
  const random = createRandom("histories of consumers");
  const seen: Seen = { failures: 0, parked: 0, kills: 0, begun: 0, jumps: 0 };
  for (let history = 0; history < HISTORIES; history++) await live(random, seen);
  // Otherwise nothing was tested.
  for (const count of Object.values(seen)) expect(count).toBeGreaterThan(HISTORIES / 4);
});

async function live(random: Random, seen: Seen): Promise<void> {
  const shared = await openSharedStorage();
  const history: History = { settled: new Set(), problems: [], checkpoint: 0, called: undefined };
  const after = random.below(2) === 0 ? 0 : "head";
  await append(shared, random.below(6));
  observe(shared, history, seen);
  const single = random.below(2) === 0;
  const processes: Process[] = [];
  for (let index = 0; index < CLIENTS; index++) processes.push(await begin(shared));

  const define = (process: Process, sound: boolean): ReturnType<typeof defineConsumer> =>
    defineConsumer<Counted>({
      name: "c",
      after,
      batchSize: 1 + random.below(4),
      timeout: 1_000,
      lease: 300,
      retry: { attempts: 2, delay: 20 },
      onError: "park",
      ...toHandlers(single, async (positions) => {
        const fate = sound ? 9 : random.below(10);
        if (fate < 2) {
          seen.failures += 1;
          throw new Error("no");
        }
        if (fate === 2) return new Promise<void>(() => undefined);
        if (fate < 5) await new Promise((resolve) => setTimeout(resolve, random.below(1_500)));
        if (process.dead) return new Promise<void>(() => undefined);
        for (const position of positions) settle(history, position, `handled ${position}`);
        return undefined;
      }),
    });

  for (let step = 0; step < STEPS; step++) {
    const index = random.below(CLIENTS);
    const process = processes[index] as Process;
    const running = process.consumer !== undefined && process.consumer.status !== "stopped";
    const what = random.below(8);
    if (what === 0) await append(shared, 1 + random.below(5));
    if ((what === 1 || what === 2) && !running) {
      if (!process.client.frozen) history.called ??= await shared.storage.head();
      process.consumer = process.client.store.consume(define(process, false));
    }
    if (what === 3) unawaited(process.consumer?.close());
    if (what === 4) process.client.freeze();
    if (what === 5) process.client.thaw();
    if (what === 6 && random.below(3) === 0) {
      // Its pending calls are never sent; another process starts instead.
      process.client.freeze();
      process.dead = true;
      seen.kills += 1;
      processes[index] = await begin(shared);
    }
    if (what === 7) {
      seen.jumps += 1;
      vi.setSystemTime(Date.now() + jump(random));
    }
    await pass(random.below(600));
  }

  for (const { client, consumer } of processes) {
    client.thaw();
    unawaited(consumer?.close());
  }
  await pass(5_000);
  const last = await begin(shared);
  last.consumer = last.client.store.consume(define(last, true));
  await pass(5_000);

  const head = await shared.storage.head();
  expect(history.problems).toEqual([]);
  expect(last.consumer.position).toBe(head);
  expect([...history.settled].sort((a, b) => a - b)).toEqual(Array.from({ length: head }, (_, index) => index + 1));
  await last.consumer.close();
}

/** A change of the wall clock, in milliseconds. */
function jump(random: Random): number {
  const far = [200, 1_000, 60_000, 365 * 86_400_000][random.below(4)] as number;
  return random.below(2) === 0 ? far : -far;
}

async function begin(shared: SharedStorage): Promise<Process> {
  return { client: await shared.client(), consumer: undefined, dead: false };
}

function toHandlers(
  single: boolean,
  handle: (positions: readonly number[]) => Promise<void>,
): Pick<ConsumerParts<Counted>, "handler" | "batchHandler"> {
  return single
    ? { handler: ({ position }) => handle([position]) }
    : { batchHandler: (events) => handle(events.map(({ position }) => position)) };
}

/** All earlier events must be handled or parked. An event may be delivered again, but not too early. */
function settle({ settled, problems }: History, position: number, what: string): void {
  for (let before = 1; before < position; before++) {
    if (!settled.has(before)) problems.push(`${what}, before ${before}`);
  }
  settled.add(position);
}

/** Observes every change of the checkpoint and of the parked events in the storage. */
function observe({ storage }: SharedStorage, history: History, seen: Seen): void {
  const { consumers } = storage;
  const original = consumers.moveConsumer.bind(consumers);
  Object.assign(consumers, {
    async moveConsumer(move) {
      const answer = await original(move);
      if (answer.outcome !== "done") return answer;
      if (move.park !== undefined) {
        seen.parked += 1;
        settle(history, move.park.position, `parked ${move.park.position}`);
      }
      const to = (await consumers.loadCheckpoint(move.name)) ?? history.checkpoint;
      if (move.fence === undefined) noteBeginning(to);
      if (to < history.checkpoint) history.problems.push(`the checkpoint went back to ${to}`);
      for (let position = 1; position <= to; position++) {
        if (!history.settled.has(position)) history.problems.push(`the checkpoint ${to} has passed over ${position}`);
      }
      history.checkpoint = to;
      return answer;
    },
  } satisfies Partial<typeof consumers>);

  /** Earlier events need not be handled. */
  function noteBeginning(head: number): void {
    seen.begun += 1;
    for (let position = 1; position <= head; position++) history.settled.add(position);
    if (history.called !== undefined && history.called !== head) {
      history.problems.push(`called at ${history.called}, it began at ${head}`);
    }
  }
}

async function append({ storage }: SharedStorage, count: number): Promise<void> {
  const head = await storage.head();
  const events = Array.from({ length: count }, (_, index) => ({
    id: `e-${head + index}`,
    type: "counted",
    schemaVersion: 1,
    data: "1",
    metadata: null,
  }));
  await storage.append([{ entries: [{ stream: "s", expectedVersion: "any", events }], timestamp: 1, freshIds: false }]);
}
