import type { Settlement } from "../../../storage/protocol.ts";
import { afterStep } from "../outbox-view.ts";
import type { Session } from "./session.ts";

/** Marks an entry of the outbox as rejected, or removes it, without reading the others again. */
export function settleAs({ sync, outbox }: Pick<Session, "sync" | "outbox">, settlement: Settlement): Promise<unknown> {
  const { id, rejected } = settlement;
  return outbox.change(
    () => sync.settle(settlement),
    afterStep((entry) => (entry.id !== id ? entry : rejected === null ? undefined : { ...entry, rejected })),
  );
}
