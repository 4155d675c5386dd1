import type { Decider } from "../../../deciders/decider.ts";
import { mustBe } from "../../../errors.ts";
import type { Metadata, StoredEvent } from "../../../event.ts";
import { freezeState } from "../../../projections/freeze-state.ts";
import type { EventRecord } from "../../../storage/protocol.ts";
import type { PushedCommand } from "../../messages.ts";
import { lazily, toPendingEvents, toRecords, type PendingEvent } from "../pending/predict.ts";
import type { ReplicaContext } from "../replica-context.ts";
import type { Queued } from "../stream-methods.ts";
import type { Planned, PlannedOn } from "./queue.ts";
import { checkKey, identityOfCommand, toEnqueue, toQueued } from "./queue-entry.ts";

/** Decides a command on what is confirmed and pending, and queues it. Resolves once it is durable here. */
export async function queueCommand(parts: ReplicaContext, entry: PushedCommand): Promise<Queued> {
  const { context, outbox, queue, deciders, predictions, receipts } = parts;
  const { stream: name, decider, key } = entry;
  checkKey(key);
  const found = deciders[decider] as Decider<unknown, unknown>;
  const metadata = entry.metadata === null ? undefined : (JSON.parse(entry.metadata) as Metadata);
  // Decided as it is sent, so that the hub decides on the same command.
  const given: unknown = entry.command === null ? undefined : JSON.parse(entry.command);
  const { idOf, find } = found._rivulet.keyOf(context, name, key);
  const identity = identityOfCommand({ idOf });
  const { id } = identity;
  return queue(plan);

  async function plan({ view, added, generation }: PlannedOn): Promise<Planned<Queued> | undefined> {
    // Events of another stream would be stored at the hub, and never arrive here.
    if (!view.follows(name)) throw mustBe("stream", "one that the replica follows");
    if (view.reading.byId().has(id)) return { result: () => receipt(id, () => []) };
    if (added.has(name)) return undefined;
    const { version, predicted } = await predictions.newest(name, view);
    let made: readonly EventRecord[];
    try {
      const state = freezeState(await predicted.stateAfter(decider));
      made = toRecords(context, found._rivulet.decide(given, state, idOf), metadata);
    } catch (error) {
      const earlier = await done();
      if (earlier !== undefined) return earlier;
      throw error;
    }
    if (made.length === 0) return (await done()) ?? { result: () => nothing([]) };
    const request = toEnqueue(parts, identity, entry, { generation });
    let head = 0;
    const before = predicted.count();
    const events = lazily(() =>
      toPendingEvents(context, made, {
        ...{ stream: name, position: head + before, version: version + before },
        timestamp: request.entry.timestamp,
      }),
    );
    return {
      request,
      streams: [{ stream: name, version, predicted, shown: { count: made.length, events } }],
      async settle(outcome, as) {
        const queued = receipt(id, outcome === "known" ? () => [] : events);
        if (outcome === "queued") head = as?.head ?? (await context.storage.head());
        return queued;
      },
    };
  }

  /** A command that was executed before may be refused now, or have nothing to do. The storage finds it if it is queued. */
  async function done(): Promise<Planned<Queued> | undefined> {
    const earlier = await find();
    return earlier && { result: () => nothing(earlier) };
  }

  function nothing(events: readonly StoredEvent[]): Queued {
    return { id, events: [], confirmed: Promise.resolve(events) };
  }

  function receipt(one: string, events: () => readonly PendingEvent[]): Queued {
    return toQueued(one, events, receipts.of(one, findDecided));
  }

  /** A command may lead to nothing; one of a stream that is no longer followed was discarded. */
  async function findDecided(): Promise<readonly StoredEvent[] | undefined> {
    return (await find()) ?? ((await outbox.view()).follows(name) ? [] : undefined);
  }
}
