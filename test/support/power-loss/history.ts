import { openEventStore, type EventStore, type NewEvent, type StoredEvent } from "rivulet";
import type { Random } from "../random.ts";
import type { Disk } from "./disk.ts";
import { onDisk, type BootSqlite, type PoolOptions, type PoolVerbs } from "./sqlite-wasm.ts";

/** What came of a history of power losses. */
export interface Findings {
  /** How often the store was opened after a loss, and looked at. */
  readonly recoveries: number;
  readonly acknowledged: number;
  /** Events that were acknowledged and then gone. */
  readonly lost: number;
  /** Of everything else that must not be. */
  readonly problems: readonly string[];
}

interface HistoryOptions {
  readonly boot: BootSqlite;
  readonly disk: Disk;
  readonly random: Random;
  readonly durability: PoolOptions["durability"];
  /** After how many recoveries it ends. */
  readonly recoveries: number;
}

/** How many steps of the disk a life lasts at most; about a hundred appends. */
const LONGEST_LIFE = 250;

/** Few, so that many checkpoints fall into a life. */
const CHECKPOINT_PAGES = 20;

const STREAMS = 4;
const LARGEST = 6_000;

type Store = EventStore & PoolVerbs;
type Attempt = readonly NewEvent[];

/** Appends to a store, again and again until the power goes, and looks each time at what is left; up to the first problem. */
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
      // Now and then the power goes while the last loss is being recovered from.
      if (random.below(4) === 0) disk.cutPowerAt(random.below(LONGEST_LIFE));
      const store = await open();
      await look(store);
      recoveries += 1;
      if (disk.hasPower) disk.cutPowerAt(random.below(LONGEST_LIFE));
      await live(store);
    } catch (error) {
      // Without power everything may fail; with it, nothing.
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

  /** Several at once, which are committed together. */
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

  /** How many of the known are gone; those that are there must be what they were. */
  function missing(stored: readonly StoredEvent[]): number {
    for (const event of known.slice(0, stored.length)) {
      const found = stored[event.position - 1];
      if (JSON.stringify(found) !== JSON.stringify(event)) problems.push(`event ${event.position} is another one`);
    }
    return known.filter(({ position }) => position > stored.length).length;
  }

  /** What was under way may have been stored or not, but each append whole, and nothing that nobody appended. */
  function checkUnanswered(stored: readonly StoredEvent[]): void {
    const unexpected = new Set(stored.slice(known.length).map(({ id }) => id));
    for (const attempt of unanswered) {
      const found = attempt.filter(({ id }) => unexpected.delete(id as string)).length;
      if (found !== 0 && found !== attempt.length) problems.push(`an append of ${attempt.length} is there by ${found}`);
    }
    if (unexpected.size > 0) problems.push(`nobody appended ${[...unexpected].join(", ")}`);
  }
}

/** What a sound store never shows. */
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
