import type { StreamAppend } from "../../../append/append.ts";
import { isEventStoreError } from "../../../errors.ts";
import { stringify } from "../../../events/json.ts";
import { createAbort, onAbort, throwApart } from "../../../platform.ts";
import type { OutboxEntry } from "../../../storage/protocol.ts";
import type { PushedAppend, PushedEntry, Reason } from "../../messages.ts";
import type { Timing } from "../../timing.ts";
import type { BackOff } from "../back-off.ts";
import { toPushedAppend } from "../pushed.ts";
import { toView } from "../outbox-view.ts";
import type { StartContext } from "../replica-context.ts";
import type { AppendConflict } from "../status/status.ts";
import { settleAs } from "./settle.ts";

/** Answers a conflict with other events, which replace the append; undefined leaves it rejected. */
export type OnConflict = (
  conflict: AppendConflict,
) => readonly StreamAppend[] | undefined | Promise<readonly StreamAppend[] | undefined>;

/** Asks the application what becomes of appends whose expected version was wrong at the hub. */
export interface Conflicts {
  /** Takes an entry that the hub has refused. Returns false if nobody is to be asked. Until the answer, the entry stays pending. */
  take(entry: OutboxEntry, reason: Reason): boolean;
  /** Whether the application is being asked about an entry. */
  has(id: string): boolean;
}

interface ConflictParts extends StartContext {
  readonly onConflict: OnConflict | undefined;
  readonly timing: Timing;
  /** Pauses after a failure, before the entry is sent again. */
  readonly pausing: BackOff;
  /** For how many milliseconds the events that the append conflicts with are awaited. */
  readonly patience: number;
}

export function createConflicts(parts: ConflictParts): Conflicts {
  const { context, outbox, use, onConflict, timing, pausing, patience, closed } = parts;
  const asked = new Set<string>();

  async function ask(call: OnConflict, { id }: OutboxEntry, pushed: PushedAppend, reason: Reason): Promise<void> {
    const { stream, actual } = reason.conflict as NonNullable<Reason["conflict"]>;
    let answer: readonly StreamAppend[] | undefined;
    let failure: { readonly error: unknown } | undefined;
    await arrival(stream, actual);
    const [code, own] = await use((...both) => both);
    if (closed.aborted) return;
    try {
      answer = await call({ id, entries: code.toAppends(context, pushed), stream, actual });
    } catch (error) {
      failure = { error };
    }
    await settleAs(parts, { id, rejected: stringify(reason) });
    try {
      if (answer !== undefined) {
        const instead = toPushedAppend(parts, answer);
        await code.queueAppend(own, instead, id);
      }
    } catch (error) {
      // It stays rejected if the events of the answer conflict, too. If it was discarded meanwhile, the answer is of no use.
      const isKept = (await outbox.view()).reading.byId().has(id);
      if (isKept && !isEventStoreError(error, "version-conflict")) failure = { error };
    }
    if (failure !== undefined) throwApart(failure.error);
  }

  /** Resolves once the events that an append conflicts with are here, so that the application can look at them; or after some time. */
  async function arrival(stream: string, version: number): Promise<void> {
    const over = createAbort();
    const end = (): void => over.abort();
    const ignoreClosed = onAbort(closed, end);
    if (closed.aborted) end();
    void timing.wait(patience, over.signal).then(end, end);
    while (!over.signal.aborted) {
      const seen = outbox.changes();
      if ((await context.storage.version(stream)) >= version) break;
      if (outbox.changes() === seen) await outbox.news.wait(over.signal).catch(() => undefined);
    }
    ignoreClosed();
    end();
  }

  return {
    take(entry, reason) {
      const pushed = JSON.parse(entry.body) as PushedEntry;
      if (onConflict === undefined || reason.conflict === undefined || pushed.kind !== "append") return false;
      if (asked.has(entry.id)) return true;
      asked.add(entry.id);
      void ask(onConflict, entry, pushed, reason)
        // The storage has failed, or code could not be loaded: after a pause the entry is sent again, and refused again.
        .catch(() => pausing.pause(closed).catch(() => undefined))
        .finally(() => {
          asked.delete(entry.id);
          // The outbox is the same, but from now on the entry may be sent, or told as rejected: all of it is looked at.
          void outbox.change(
            async () => {},
            (_nothing, last) => toView(last.generation, last.items, [...last.entries()]),
          );
        });
      return true;
    },
    has: (id) => asked.has(id),
  };
}
