/** What the one client does that speaks with the hub. It is loaded when a client gets the lease for that. */
import type { AbortSignalLike } from "../../../platform.ts";
import type { Transport } from "../../messages.ts";
import { schemasOf } from "../../schemas.ts";
import type { Timing } from "../../timing.ts";
import { createBackOff } from "../back-off.ts";
import { apart } from "../errors.ts";
import type { StartContext } from "../replica-context.ts";
import type { CatchUpProgress, ReplicaStatus } from "../status/status.ts";
import { createConflicts, type OnConflict } from "./conflicts.ts";
import { createHttpTransport, type HttpTransportOptions } from "./http-transport.ts";
import { pullForever } from "./pull.ts";
import { MOST_ENTRIES, pushForever } from "./push.ts";
import type { Connection, Session } from "./session.ts";

// See parts.ts.
export { startReplica } from "../replica.ts";

/** What speaking with a hub needs. */
export interface SpeakerParts {
  /** How the hub is reached. */
  readonly transport: Transport | HttpTransportOptions;
  readonly timing: Timing;
  /** After how many milliseconds without any sign the hub is taken for gone. */
  readonly patience: number;
  /** An item that is more positions behind the hub than this is pulled on its own; default 5,000. */
  readonly near?: number;
  readonly onConflict?: OnConflict | undefined;
  readonly onProgress?: ((progress: CatchUpProgress) => void) | undefined;
}

/** Speaks with the hub, in one term after another. */
export interface Speaker {
  /** Pulls and pushes until the term is aborted. Rejects with an error that no other attempt would mend. */
  speak(term: AbortSignalLike): Promise<unknown>;
  /** `online`: the network was away, so that connections are probably lost. */
  hurry(online: boolean): void;
  /** Whether the application is being asked about an entry that the hub has refused. */
  isAsked(id: string): boolean;
}

/** Makes a replica's speaker. `show` is called with what becomes known of the connection. */
export function createSpeaker(
  own: StartContext,
  parts: SpeakerParts,
  show: (next: Partial<ReplicaStatus>) => void,
): Speaker {
  const { context, sync, outbox } = own;
  const { transport, timing, patience, near = 5_000, onConflict, onProgress } = parts;
  const pulling = createBackOff(timing);
  const pushing = createBackOff(timing);
  const conflicts = createConflicts({ ...own, onConflict, timing, pausing: pushing, patience });
  const requests: Session["requests"] = new Set();
  const lasting = {
    sync,
    outbox,
    transport: "url" in transport ? createHttpTransport(transport, context.clock) : transport,
    timing,
    pulling,
    pushing,
    patience,
    near,
    schemas: schemasOf(context),
    clock: context.clock,
    requests,
    conflicts,
  };

  /** What the hub has answered is known for one term: the pauses after which it is asked again end with the term. */
  function newSession(): Session {
    let before: Connection = "waiting";
    const tell = (connection: Connection, next: Partial<ReplicaStatus>): void => {
      before = connection;
      show({ connection, error: undefined, progress: undefined, ...next });
    };
    return {
      ...lasting,
      answered: new Map(),
      delayed: new Set(),
      most: MOST_ENTRIES,
      onConnection(connection, error) {
        tell(connection, { error });
      },
      onDelayed: (delayed) => show({ delayed }),
      onLine({ position, head, caughtUp, gone }) {
        const progress = { position, head };
        const known = before;
        tell(caughtUp ? "live" : "catching-up", { gone, lag: head - position, ...(!caughtUp && { progress }) });
        if (!caughtUp || known !== "live") apart(() => onProgress?.(progress));
        // Nothing is pushed before the hub has been reached. Later lines do not shorten a pause.
        if (known !== "live" && known !== "catching-up") pushing.hurry();
      },
    };
  }

  return {
    async speak(term) {
      const session = newSession();
      pulling.reset();
      try {
        await Promise.all([pullForever(session, term), pushForever(session, term)]);
      } finally {
        show({ delayed: undefined });
      }
    },
    hurry(online) {
      for (const wake of requests) wake(online);
      pulling.hurry();
      pushing.hurry();
    },
    isAsked: conflicts.has,
  };
}
