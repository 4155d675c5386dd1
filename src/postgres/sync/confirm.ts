import { EventStoreError } from "../../errors.ts";
import type { ConfirmedBatch, ConfirmedOutcome, ReplicaState, StoredRecord } from "../../storage/protocol.ts";
import { isSameItem, planConfirmed, type ConfirmedPlan, type ConfirmedView } from "../../storage/sync-rules.ts";
import type { PostgresQuery, PostgresValue } from "../driver.ts";
import { arrayOf, isUuid } from "../values.ts";

/** How often a batch is planned again because others have changed what it was planned with. */
const ATTEMPTS = 100;

/** What a batch is planned with: as it was read, or as it is guessed. */
export interface ConfirmedFacts extends ConfirmedView {
  readonly state: ReplicaState;
}

/** How confirmed events are stored. */
export interface ConfirmParts {
  readonly query: PostgresQuery;
  /** The schema's quoted name. */
  readonly s: string;
  /** The first parameters of every function that writes. */
  readonly commit: readonly PostgresValue[];
  /** Reads what is stored of the streams and events of a batch. */
  readonly fetch: (batch: ConfirmedBatch) => Promise<ConfirmedFacts>;
  /** Tells of a commit that a function has answered with, and returns the generation that is reached with it. */
  readonly tell: (answer: string) => number;
}

/**
 * Stores confirmed events with one statement, which takes effect only if everything is as it was planned: first as the batch suggests
 * it, and otherwise as it was read.
 */
export async function confirm(parts: ConfirmParts, batch: ConfirmedBatch): Promise<ConfirmedOutcome> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const facts = attempt === 0 ? guess(batch) : await parts.fetch(batch);
    const plan = planConfirmed(batch, facts.state, facts);
    if ("outcome" in plan) {
      if (attempt === 0) continue;
      return plan;
    }
    const answer = await write(parts, batch, facts, plan);
    if (answer === undefined) continue;
    const to = parts.tell(answer);
    return { outcome: "applied", step: { from: plan.fresh.length > 0 ? to - 1 : to, to } };
  }
  throw new EventStoreError("storage-busy", `what is followed changed ${ATTEMPTS} times`, { timeout: 0 });
}

/** Most often a batch goes on where the store stands, and everything in it is new. */
function guess({ lineage, items, events }: ConfirmedBatch): ConfirmedFacts {
  const versions = new Map<string, number>();
  for (const { stream, version } of events) if (!versions.has(stream)) versions.set(stream, version - 1);
  return {
    state: { lineage, generation: 0, items, unfollowed: [] },
    versionOf: (stream) => versions.get(stream) ?? 0,
    findById: () => undefined,
  };
}

/** Resolves with undefined if something is not as it was planned. */
async function write(
  { query, s, commit }: ConfirmParts,
  { lineage, items, place }: ConfirmedBatch,
  { state, versionOf }: ConfirmedFacts,
  { fresh, items: moved }: ConfirmedPlan,
): Promise<string | undefined> {
  const seen = state.items.filter((one) => items.some((item) => isSameItem(item, one)));
  const streams = [...new Set(fresh.map(({ stream }) => stream))];
  const parameters = [
    ...commit,
    lineage,
    arrayOf(seen.map(({ kind }) => kind)),
    arrayOf(seen.map(({ name }) => name)),
    arrayOf(seen.map(({ position }) => position)),
    arrayOf(seen.map((one) => (moved.some((item) => isSameItem(item, one)) ? place.position : null))),
    place.mark,
    arrayOf(streams),
    arrayOf(streams.map(versionOf)),
    ...columnsOf(fresh, streams, versionOf),
  ];
  const places = parameters.map((_, index) => `$${index + 1}`).join(", ");
  const [[answer] = []] = await query(`SELECT ${s}.apply_confirmed(${places})`, parameters);
  return answer ?? undefined;
}

/** The columns of the events, in the order of the function's parameters. */
function columnsOf(
  events: readonly StoredRecord[],
  streams: readonly string[],
  versionOf: (stream: string) => number,
): readonly string[] {
  const numbers = new Map(streams.map((stream, index) => [stream, index + 1]));
  return [
    events.map(({ stream }) => numbers.get(stream) as number),
    events.map(({ stream, version }) => version - versionOf(stream)),
    events.map(({ stream }) => stream),
    events.map(({ id }) => (isUuid(id) ? id : null)),
    events.map(({ id }) => (isUuid(id) ? null : id)),
    events.map(({ type }) => type),
    events.map(({ schemaVersion }) => schemaVersion),
    events.map(({ data }) => data),
    events.map(({ metadata }) => metadata),
    events.map(({ timestamp }) => timestamp),
  ].map(arrayOf);
}
