import { EventStoreError } from "../../../errors.ts";
import type { StoredEvent } from "../../../event.ts";
import type { Reason } from "../../messages.ts";
import type { OutboxEntry } from "../../../storage/protocol.ts";
import { onAbort } from "../../../platform.ts";
import type { Reading } from "../outbox-view.ts";
import type { StartContext } from "../replica-context.ts";

/** Resolves with the stored events of an entry that is no longer in the outbox; undefined if it was discarded. */
type Find = () => Promise<readonly StoredEvent[] | undefined>;

/** Tells what became of the entries that this client has queued. */
export interface Receipts {
  /**
   * Watches an entry. The returned function resolves with its stored events once the hub has confirmed it; it rejects with
   * `entry-rejected`, or once the replica is closed. Never unhandled. If it is not called, no events are read.
   */
  of(id: string, find: Find): () => Promise<readonly StoredEvent[]>;
  /** Says that an entry was replaced by another, whose outcome counts. */
  replaced(id: string, by: string, find: Find): void;
  /** Looks at the outbox after a change. */
  look(): Promise<void>;
}

interface Receipt {
  /** Counts the calls of {@link Receipts.of}. */
  readonly call: number;
  find: Find;
  /** What became of the entry, once that is known. */
  outcome?: Outcome;
  /** Called with it, if somebody waits. */
  tell?: (outcome: Outcome) => void;
}

/** Resolves with the stored events of an entry, or rejects. */
type Outcome = () => Promise<readonly StoredEvent[]>;

export function createReceipts({
  outbox,
  closed,
  isAsked,
}: Pick<StartContext, "outbox" | "closed" | "isAsked">): Receipts {
  const awaited = new Map<string, Receipt[]>();
  const ended: Outcome = async () => {
    throw closed.reason;
  };
  let calls = 0;
  /** What the last look has seen. */
  let seen: Reading | undefined;

  async function look(): Promise<void> {
    if (awaited.size === 0) return;
    const asked = calls;
    const { reading } = await outbox.view();
    // Where entries were only added, nothing has become of the others.
    if (reading === seen) return;
    // What was settled since the last look, unless the outbox was read.
    const settled = reading.settled === seen?.settled ? reading.settled.slice(seen.upTo, reading.upTo) : undefined;
    seen = reading;
    const looked = settled ?? [...awaited.keys()].map((id) => ({ id, entry: reading.byId().get(id) }));
    // What was queued in the meantime may be missing there.
    for (const { id, entry } of looked) settleOne(id, entry, asked);
  }

  /** Looks at one entry, which may have been settled before it was awaited. */
  async function lookAt(id: string): Promise<void> {
    const { reading } = await outbox.view();
    settleOne(id, reading.byId().get(id), Infinity);
  }

  /** Settles the receipts of an entry, unless there is one of a later call. */
  function settleOne(id: string, entry: OutboxEntry | undefined, latest: number): void {
    const receipts = awaited.get(id) ?? [];
    // The application may still replace it.
    const isOpen = entry !== undefined && (entry.rejected === null || isAsked(id));
    if (isOpen || receipts.some(({ call }) => call > latest)) return;
    awaited.delete(id);
    for (const receipt of receipts) {
      settle(receipt, async () => {
        if (entry !== undefined) throw rejection(id, JSON.parse(entry.rejected ?? "{}") as Reason);
        const events = await receipt.find();
        if (events === undefined) throw rejection(id, { code: "discarded", message: "it was discarded here" });
        return events;
      });
    }
  }

  onAbort(closed, () => {
    for (const receipts of awaited.values()) for (const receipt of receipts) settle(receipt, ended);
    awaited.clear();
  });

  return {
    of(id, find) {
      const receipt: Receipt = { call: ++calls, find };
      let promise: Promise<readonly StoredEvent[]> | undefined;
      if (closed.aborted) settle(receipt, ended);
      else awaited.set(id, [...(awaited.get(id) ?? []), receipt]);
      // A rejection that was seen before is not settled again.
      if (!outbox.has(id)) void lookAt(id).catch(() => undefined);
      return () => {
        if (promise === undefined) {
          promise = new Promise((resolve) => {
            receipt.tell = (outcome) => resolve(outcome());
            if (receipt.outcome !== undefined) receipt.tell(receipt.outcome);
          });
          promise.catch(() => undefined);
        }
        return promise;
      };
    },
    replaced(id, by, find) {
      const receipts = awaited.get(id);
      if (receipts === undefined) return;
      awaited.delete(id);
      for (const receipt of receipts) receipt.find = find;
      awaited.set(by, [...(awaited.get(by) ?? []), ...receipts]);
    },
    look,
  };
}

function settle(receipt: Receipt, outcome: Outcome): void {
  receipt.outcome = outcome;
  receipt.tell?.(outcome);
}

/** The error of an entry that the hub has refused, or that was discarded. */
function rejection(id: string, { code, message }: Reason): EventStoreError<"entry-rejected"> {
  return new EventStoreError("entry-rejected", `the hub has refused this: ${message}`, { id, reason: code });
}
