import type { Decider } from "../../../deciders/decider.ts";
import { mustBe } from "../../../errors.ts";
import type { Metadata, StoredEvent } from "../../../event.ts";
import { freezeState } from "../../../projections/freeze-state.ts";
import type { EventRecord } from "../../../storage/protocol.ts";
import type { PushedCommand } from "../../messages.ts";
import { toPending, toRecords, type PendingEvent } from "../pending/predict.ts";
import type { ReplicaContext } from "../replica-context.ts";
import type { Queued } from "../stream-methods.ts";
import { identityOfCommand, queueEntry } from "./queue-entry.ts";

/** Decides a command on what is confirmed and pending, and queues it. Resolves once it is durable here. */
export async function queueCommand(parts: ReplicaContext, entry: PushedCommand): Promise<Queued> {
  const { context, outbox, deciders, predictions, receipts } = parts;
  const { stream: name, decider, key } = entry;
  const found = deciders[decider] as Decider<unknown, unknown>;
  const metadata = entry.metadata === null ? undefined : (JSON.parse(entry.metadata) as Metadata);
  // Decided as it is sent, so that the hub decides on the same command.
  const given: unknown = entry.command === null ? undefined : JSON.parse(entry.command);
  const { idOf, find } = found._rivulet.keyOf(context, name, key);
  const identity = identityOfCommand({ idOf });
  const { id } = identity;
  for (;;) {
    const view = await outbox.view();
    // Events of another stream would be stored at the hub, and never arrive here.
    if (!view.follows(name)) throw mustBe("stream", "one that the replica follows");
    const earlier = await find();
    if (earlier !== undefined) return { id, events: [], confirmed: Promise.resolve(earlier) };
    if (view.entries.some((one) => one.id === id)) return receipt(id, []);
    const version = await context.storage.version(name);
    const before = (await predictions.of(name, view, version)).events;
    const confirmed = await predictions.stateOf(decider, name, version);
    const now = before.reduce((state, event) => found._rivulet.step(state, event), confirmed);
    const made = toRecords(context, found._rivulet.decide(given, freezeState(now), idOf), metadata);
    if (made.length === 0) return { id, events: [], confirmed: Promise.resolve([]) };
    const outcome = await queueEntry(parts, identity, entry, { generation: view.generation });
    if (outcome !== "moved")
      return receipt(id, outcome === "known" ? [] : await provisional(made, version, before.length));
  }

  function receipt(one: string, events: readonly PendingEvent[]): Queued {
    return { id: one, events, confirmed: receipts.of(one, findDecided) };
  }

  /** A command may lead to nothing; one of a stream that is no longer followed was discarded. */
  async function findDecided(): Promise<readonly StoredEvent[] | undefined> {
    return (await find()) ?? ((await outbox.view()).follows(name) ? [] : undefined);
  }

  /** The events of a new command, on top of so many that are pending. */
  async function provisional(
    records: readonly EventRecord[],
    confirmed: number,
    pending: number,
  ): Promise<readonly PendingEvent[]> {
    const head = await context.storage.head();
    const timestamp = context.clock();
    return records.map((record, index) => {
      const number = pending + index + 1;
      return toPending(context, record, {
        stream: name,
        position: head + number,
        version: confirmed + number,
        timestamp,
      });
    });
  }
}
