/**
 * The parts of a replica's code that are loaded when they are needed. Each of them exports the start, too, from which bundlers see that
 * it is never loaded without it: otherwise some of them put what both import into further files.
 */
import { EventStoreError, messageOf } from "../../errors.ts";

/** Speaking with the hub: only one client of a database does. */
export const speaking: Load<typeof import("./speaking/speaking.ts")> = onFirstUse(
  "speaking",
  () => import("./speaking/speaking.ts"),
);

/** The verbs of a replica: commands, appends, reads, watches, states with what is pending, and the lists of the outbox. */
export const verbs: Load<typeof import("./verbs.ts")> = onFirstUse("verbs", () => import("./verbs.ts"));

/** Queries of read models with what is pending. */
export const queries: Load<typeof import("./queries/queries.ts")> = onFirstUse(
  "queries",
  () => import("./queries/queries.ts"),
);

/** Resolves with a part of the code. @throws `code-unavailable`. */
export type Load<Part> = () => Promise<Part>;

/** Loads a part of the code at the first call, and keeps it. A load that has failed is tried again by the next call. */
function onFirstUse<Part>(part: string, load: Load<Part>): Load<Part> {
  let loaded: Promise<Part> | undefined;
  return () =>
    (loaded ??= load().catch((error: unknown) => {
      loaded = undefined;
      const message = `code for ${part} did not load: ${messageOf(error)}`;
      throw new EventStoreError("code-unavailable", message, { part }, error);
    }));
}
