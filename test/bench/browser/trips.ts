import type { EventStore } from "rivulet";
import { estimate } from "../harness.ts";
import { PAYLOADS } from "../payload.ts";
import { formatNumber, measureRow, type Row } from "../row.ts";
import type { Caller } from "./calls.ts";
import { appendOneByOne } from "./setting.ts";
import type { BenchCalls } from "./worker.ts";

const BLOCKS = 60;
const APPENDS = 20;
const TRIPS = 50;

/** One message to a worker and one back: an event's data there, next to nothing back. */
export type Trip = () => Promise<void>;

const MESSAGE = JSON.stringify(PAYLOADS[0]);

/** Between this tab and a worker of its own. */
export async function tripsToOwnWorker(bench: Caller<BenchCalls>): Promise<Trip> {
  const { port1, port2 } = new MessageChannel();
  await bench.call("echoPort", port2);
  port1.start();
  return tripsOver(port1, port1);
}

/** Between this tab and another tab's worker, which was told to answer there. */
export function tripsToOtherTab(name: string): Trip {
  return tripsOver(new BroadcastChannel(name), new BroadcastChannel(`${name} back`));
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

/** What an append takes longer than the same by hand in a worker, in raw round trips of messages. */
export async function measureOverhead(
  name: string,
  store: EventStore,
  bench: Caller<BenchCalls>,
  trip: Trip,
): Promise<Row> {
  const blocks: { ours: number; raw: number; trip: number }[] = [];
  for (let block = 0; block < BLOCKS; block++) {
    const found = { ours: 0, raw: 0, trip: 0 };
    const parts = [
      async () => void (found.ours = await timeEach(APPENDS, () => appendOneByOne(store, APPENDS))),
      async () => void (found.raw = await bench.call("writeOne", APPENDS)),
      async () => void (found.trip = await timeEach(TRIPS, () => repeat(TRIPS, trip))),
    ];
    if (Math.random() < 0.5) parts.reverse();
    for (const part of parts) await part();
    if (block > 0) blocks.push(found);
  }
  const [ours, raw, one] = (["ours", "raw", "trip"] as const).map(
    (key) => estimate(blocks.map((block) => block[key])).median,
  ) as [number, number, number];
  return measureRow({
    name,
    against: "raw oo1 in a worker, beyond it",
    value: estimate(blocks.map((block) => (block.ours - block.raw) / block.trip)),
    unit: "round trips",
    detail: `${formatNumber(ours)} ms : ${formatNumber(raw)} ms, a trip ${formatNumber(one)} ms`,
    atMost: 1.5,
    figures: { ours, raw, trip: one },
  });
}

/** How long one of so many takes, in milliseconds. */
export async function timeEach(count: number, work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / count;
}

export async function repeat(count: number, work: () => Promise<unknown>): Promise<void> {
  for (let round = 0; round < count; round++) await work();
}
