import { EventStoreError } from "../../../errors.ts";
import type { StoredEvent } from "../../../event.ts";
import type { Reason } from "../../messages.ts";
import type { OutboxEntry } from "../../../storage/protocol.ts";
import { onAbort } from "../../../platform.ts";
import { isAddedTo, type EntriesRead } from "../outbox.ts";
import type { StartContext } from "../replica-context.ts";

/** Resolves with the stored events of an entry that is no longer in the outbox; undefined if it was discarded. */
type Find = () => Promise<readonly StoredEvent[] | undefined>;

/** Tells what became of the entries that this client has queued. */
export interface Receipts {
  /**
   * Resolves with an entry's stored events once the hub has confirmed it; rejects with `entry-rejected`, or once the replica is closed.
   * Never unhandled.
   */
  of(id: string, find: Find): Promise<readonly StoredEvent[]>;
  /** Says that an entry was replaced by another, whose outcome counts. */
  replaced(id: string, by: string, find: Find): void;
  /** Looks at the outbox after a change. */
  look(): Promise<void>;
}

interface Receipt {
  find: Find;
  resolve(events: readonly StoredEvent[]): void;
  reject(error: unknown): void;
}

export function createReceipts({
  outbox,
  closed,
  isAsked,
}: Pick<StartContext, "outbox" | "closed" | "isAsked">): Receipts {
  const awaited = new Map<string, Receipt[]>();
  /** What the last look has seen. */
  let seen: EntriesRead | undefined;

  async function look(): Promise<void> {
    if (awaited.size === 0) return;
    const waiting = [...awaited];
    const view = await outbox.view();
    // Where entries were only added, nothing has become of the others.
    if (isAddedTo(seen, view)) return;
    seen = view;
    const known = new Map(view.entries.map((entry) => [entry.id, entry]));
    for (const [id, receipts] of waiting) settleOne(id, receipts, known.get(id));
  }

  /** Looks at one entry, which may have been settled before it was awaited. */
  async function lookAt(id: string): Promise<void> {
    const { entries } = await outbox.view();
    const receipts = awaited.get(id);
    if (receipts !== undefined)
      settleOne(
        id,
        receipts,
        entries.find((entry) => entry.id === id),
      );
  }

  function settleOne(id: string, receipts: readonly Receipt[], entry: OutboxEntry | undefined): void {
    // The application may still replace it. It may have been replaced, or settled by another look, in the meantime.
    if ((entry !== undefined && (entry.rejected === null || isAsked(id))) || awaited.get(id) !== receipts) return;
    awaited.delete(id);
    for (const receipt of receipts) {
      if (entry !== undefined) receipt.reject(rejection(id, JSON.parse(entry.rejected ?? "{}") as Reason));
      else receipt.find().then((events) => settle(receipt, id, events), receipt.reject);
    }
  }

  function settle({ resolve, reject }: Receipt, id: string, events: readonly StoredEvent[] | undefined): void {
    if (events !== undefined) resolve(events);
    else reject(rejection(id, { code: "discarded", message: "it was discarded here" }));
  }

  onAbort(closed, () => {
    for (const receipts of awaited.values()) for (const { reject } of receipts) reject(closed.reason);
    awaited.clear();
  });

  return {
    of(id, find) {
      let receipt: Receipt | undefined;
      const promise = new Promise<readonly StoredEvent[]>((resolve, reject) => {
        receipt = { find, resolve, reject };
      });
      promise.catch(() => undefined);
      const made = receipt as unknown as Receipt;
      if (closed.aborted) made.reject(closed.reason);
      else awaited.set(id, [...(awaited.get(id) ?? []), made]);
      void lookAt(id).catch(() => undefined);
      return promise;
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

/** The error of an entry that the hub has refused, or that was discarded. */
function rejection(id: string, { code, message }: Reason): EventStoreError<"entry-rejected"> {
  return new EventStoreError("entry-rejected", `the hub has refused this: ${message}`, { id, reason: code });
}
