import { EventStoreError } from "../../errors.ts";
import type { OutboxEntry } from "../../storage/protocol.ts";
import type { Reason } from "../messages.ts";
import type { Outbox } from "./outbox.ts";

/** Tells what became of the entries that this client has queued. */
export interface Receipts {
  /** Resolves once the hub has confirmed an entry; rejects with `entry-rejected`, or once the replica is closed. Never unhandled. */
  of(id: string): Promise<void>;
  /** Looks at the outbox after a change. */
  look(): Promise<void>;
  /** Rejects whatever is still awaited. */
  end(error: unknown): void;
}

export function createReceipts(outbox: Outbox): Receipts {
  const awaited = new Map<string, { promise: Promise<void>; resolve(): void; reject(error: unknown): void }>();

  async function look(): Promise<void> {
    if (awaited.size === 0) return;
    const waiting = [...awaited];
    const { entries } = await outbox.view();
    for (const [id, { resolve, reject }] of waiting) {
      const entry = entries.find((one) => one.id === id);
      if (entry !== undefined && entry.rejected === null) continue;
      awaited.delete(id);
      if (entry === undefined) resolve();
      else reject(rejection(entry));
    }
  }

  return {
    of(id) {
      const known = awaited.get(id);
      if (known !== undefined) return known.promise;
      let settle: { resolve(): void; reject(error: unknown): void } | undefined;
      const promise = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
      promise.catch(() => undefined);
      awaited.set(id, { promise, ...(settle as unknown as { resolve(): void; reject(error: unknown): void }) });
      void look().catch(() => undefined);
      return promise;
    },
    look,
    end(error) {
      for (const { reject } of awaited.values()) reject(error);
      awaited.clear();
    },
  };
}

/** The error of an entry that the hub has refused. */
function rejection({ id, rejected }: OutboxEntry): EventStoreError<"entry-rejected"> {
  const { code, message } = JSON.parse(rejected ?? "{}") as Reason;
  return new EventStoreError("entry-rejected", `the hub has refused this: ${message}`, { id, reason: code });
}
