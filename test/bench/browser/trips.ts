import type { EventStore } from "rivulet";
import { estimate } from "../harness.ts";
import { PAYLOADS } from "../payload.ts";
import { formatNumber, measureRow, type Row } from "../row.ts";
import type { Caller } from "./calls.ts";
import { appendOneByOne } from "./setting.ts";
import type { BenchCalls } from "./worker.ts";

const BLOCKS = 150;
const APPENDS = 10;
const TRIPS = 20;

/** One message to a worker with an event's data, and a small one back. */
export type Trip = () => Promise<void>;

/** Round trips without work, and round trips to a worker that appends an event through its store before it answers. */
export interface Trips {
  readonly idle: Trip;
  readonly appending: Trip;
}

const MESSAGE = JSON.stringify(PAYLOADS[0]);

/** Between this tab and a worker of its own, which has a store open. */
export async function tripsToOwnWorker(bench: Caller<BenchCalls>): Promise<Trips> {
  const tripsOn = async (appending: boolean): Promise<Trip> => {
    const { port1, port2 } = new MessageChannel();
    await bench.call("echoPort", port2, appending);
    port1.start();
    return tripsOver(port1, port1);
  };
  return { idle: await tripsOn(false), appending: await tripsOn(true) };
}

/** Has a worker, which has a store open, answer other tabs under this name. */
export async function answerOtherTabs(bench: Caller<BenchCalls>, name: string): Promise<void> {
  await bench.call("echoChannel", name, false);
  await bench.call("echoChannel", `${name} appending`, true);
}

/** Between this tab and another tab's worker. */
export function tripsToOtherTab(name: string): Trips {
  const tripsOn = (channel: string): Trip =>
    tripsOver(new BroadcastChannel(channel), new BroadcastChannel(`${channel} back`));
  return { idle: tripsOn(name), appending: tripsOn(`${name} appending`) };
}

interface Sender {
  postMessage(message: unknown): void;
}

interface Receiver {
  addEventListener(type: "message", listener: () => void): void;
}

function tripsOver(there: Sender, back: Receiver): Trip {
  let arrived = (): void => undefined;
  back.addEventListener("message", () => arrived());
  return () =>
    new Promise<void>((resolve) => {
      arrived = resolve;
      there.postMessage(MESSAGE);
    });
}

/** The overhead of an append over a baseline, in raw round trips of messages. */
export async function* measureOverhead(
  name: string,
  store: EventStore,
  bench: Caller<BenchCalls>,
  trips: Trips,
): AsyncGenerator<Row> {
  const blocks: Record<"ours" | "asked" | "raw" | "trip", number>[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    const found = { ours: 0, asked: 0, raw: 0, trip: 0 };
    const parts = [
      async () => void (found.ours = await timeEach(APPENDS, () => appendOneByOne(store, APPENDS))),
      async () => void (found.trip = await timeEach(TRIPS, () => repeat(TRIPS, trips.idle))),
      async () => void (found.asked = await timeEach(APPENDS, () => repeat(APPENDS, trips.appending))),
      async () => void (found.raw = await bench.call("writeOne", APPENDS)),
    ];
    if (Math.random() < 0.5) parts.reverse();
    for (const part of parts) await part();
    if (block > 0) blocks.push(found);
  }
  const median = (part: keyof (typeof blocks)[number]): number => estimate(blocks.map((block) => block[part])).median;
  const baselines = [
    ["asked", "the store's own in a worker that gets one raw message and answers with one, beyond it", undefined],
    // One unavoidable round trip, and one and a half beyond it.
    ["raw", "raw oo1 in a worker, without any message, beyond it", 2.5],
  ] as const;
  for (const [baseline, against, atMost] of baselines) {
    const figures = { ours: median("ours"), baseline: median(baseline), trip: median("trip") };
    yield measureRow({
      name,
      against,
      value: estimate(blocks.map((block) => (block.ours - block[baseline]) / block.trip)),
      unit: "round trips",
      detail: `${formatNumber(figures.ours)} ms : ${formatNumber(figures.baseline)} ms, a trip ${formatNumber(figures.trip)} ms`,
      ...(atMost !== undefined && { atMost }),
      figures,
    });
  }
}

/** The milliseconds per operation. */
export async function timeEach(count: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / count;
}

export async function repeat(count: number, work: () => Promise<unknown>): Promise<void> {
  for (let round = 0; round < count; round++) await work();
}
