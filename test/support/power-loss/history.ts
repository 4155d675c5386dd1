import { openEventStore, type EventStore, type NewEvent, type StoredEvent } from "rivulet";
import type { Random } from "../random.ts";
import type { Disk } from "./disk.ts";
import { onDisk, type BootSqlite, type PoolOptions, type PoolVerbs } from "./sqlite-wasm.ts";

/** The result of a history of power failures. */
export interface Findings {
  /** The number of times the store was opened and checked after a failure. */
  readonly recoveries: number;
  readonly acknowledged: number;
  /** Acknowledged events that were lost. */
  readonly lost: number;
  /** Any other violation. */
  readonly problems: readonly string[];
}

interface HistoryOptions {
  readonly boot: BootSqlite;
  readonly disk: Disk;
  readonly random: Random;
  readonly durability: PoolOptions["durability"];
  /** The number of recoveries after which it ends. */
  readonly recoveries: number;
}

/** The largest number of disk steps between two failures; about a hundred appends. */
const LONGEST_LIFE = 250;

/** Few pages, so that there are many checkpoints between two failures. */
const CHECKPOINT_PAGES = 20;

const STREAMS = 4;
const LARGEST = 6_000;

type Store = EventStore & PoolVerbs;
type Attempt = readonly NewEvent[];

/** Appends to a store until the power fails, and checks the stored events, again and again until the first problem. */
export async function playHistory({ boot, disk, random, durability, ...options }: HistoryOptions): Promise<Findings> {
  const adapter = onDisk(boot, disk, { durability, checkpointPages: CHECKPOINT_PAGES });
  const problems: string[] = [];
  let known: StoredEvent[] = [];
  let unanswered: Attempt[] = [];
  let acknowledged = 0;
  let lost = 0;
  let names = 0;
  let recoveries = 0;

  while (recoveries < options.recoveries && problems.length === 0) {
    try {
      // Sometimes the power fails during recovery.
      if (random.below(4) === 0) disk.cutPowerAt(random.below(LONGEST_LIFE));
      const store = await open();
      await look(store);
      recoveries += 1;
      if (disk.hasPower) disk.cutPowerAt(random.below(LONGEST_LIFE));
      await live(store);
    } catch (error) {
      // Without power any call may fail; with power, none.
      if (disk.hasPower) problems.push(`after ${recoveries} recoveries: ${String(error)}`);
    }
    disk.restart(random);
  }
  return { recoveries, acknowledged, lost, problems };

  function open(): Promise<Store> {
    return openEventStore(adapter, { clock: () => 1_000 });
  }

  async function look(store: Store): Promise<void> {
    const stored = await store.read().toArray();
    problems.push(...problemsOf(stored, store.check()));
    lost += missing(stored);
    checkUnanswered(stored);
    known = stored;
    unanswered = [];
  }

  async function live(opened: Store): Promise<void> {
    let store = opened;
    while (disk.hasPower) {
      if (random.below(10) === 0) {
        await store.close();
        if (!disk.hasPower) return;
        store = await open();
      }
      await appendSome(store);
    }
  }

  /** Several appends at once, which are committed together. */
  async function appendSome(store: Store): Promise<void> {
    const attempts = Array.from({ length: 1 + random.below(3) }, makeAttempt);
    unanswered = attempts;
    const settled = await Promise.allSettled(
      attempts.map((events) => store.stream(`stream-${random.below(STREAMS)}`).append(events)),
    );
    for (const [index, outcome] of settled.entries()) {
      if (outcome.status === "rejected") {
        if (disk.hasPower) throw outcome.reason;
        continue;
      }
      known.push(...outcome.value.events);
      acknowledged += outcome.value.events.length;
      unanswered = unanswered.filter((attempt) => attempt !== attempts[index]);
    }
  }

  function makeAttempt(): NewEvent[] {
    return Array.from({ length: 1 + random.below(3) }, () => {
      names += 1;
      const text = String(names).padEnd(random.below(LARGEST), ".");
      return { id: `event-${names}`, type: "noted", data: { text } };
    });
  }

  /** Returns the number of acknowledged events that are missing; the others must be unchanged. */
  function missing(stored: readonly StoredEvent[]): number {
    for (const event of known.slice(0, stored.length)) {
      const found = stored[event.position - 1];
      if (JSON.stringify(found) !== JSON.stringify(event)) problems.push(`event ${event.position} is another one`);
    }
    return known.filter(({ position }) => position > stored.length).length;
  }

  /** Checks that appends in progress are stored completely or not at all, and that nothing else is stored. */
  function checkUnanswered(stored: readonly StoredEvent[]): void {
    const unexpected = new Set(stored.slice(known.length).map(({ id }) => id));
    for (const attempt of unanswered) {
      const found = attempt.filter(({ id }) => unexpected.delete(id as string)).length;
      if (found !== 0 && found !== attempt.length) problems.push(`an append of ${attempt.length} is there by ${found}`);
    }
    if (unexpected.size > 0) problems.push(`nobody appended ${[...unexpected].join(", ")}`);
  }
}

/** Violations that a correct store never shows. */
function problemsOf(stored: readonly StoredEvent[], check: readonly unknown[]): string[] {
  const problems: string[] = [];
  if (check.join("\n") !== "ok") problems.push(`integrity: ${check.join("; ")}`);
  const versions = new Map<string, number>();
  for (const [index, { position, stream, version }] of stored.entries()) {
    if (position !== index + 1) problems.push(`position ${position} stands at ${index + 1}`);
    const next = (versions.get(stream) ?? 0) + 1;
    if (version !== next) problems.push(`${stream} has version ${version} where ${next} should be`);
    versions.set(stream, next);
  }
  return problems;
}
