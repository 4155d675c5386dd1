import type { OutboxItem, Replica, ReplicaStatus } from "rivulet/sync";
import type { Command } from "./commands.ts";
import { createLatest } from "./latest.ts";
import type { Live, Progress } from "./service.ts";

/** A command or an append of this device that the hub has not confirmed, or has refused. */
export interface Unconfirmed {
  readonly id: string;
  readonly stream: string;
  /** The command; undefined for an append of many events. */
  readonly command: Command | undefined;
  /** The number of events of an append; 1 for a command. */
  readonly events: number;
  readonly timestamp: number;
  /** The name of the tab that sent it. */
  readonly tab: string;
  /** Why the hub has refused it; undefined while it waits. */
  readonly refused?: string;
}

/** How this device stands with the hub. */
export interface SharingState {
  readonly connection: ReplicaStatus["connection"];
  /** Why the connection has ended or could not be made, if so. */
  readonly error: unknown;
  /** How far the hub's history is here, while it is fetched. */
  readonly progress: Progress | undefined;
  readonly pending: readonly Unconfirmed[];
  readonly refused: readonly Unconfirmed[];
}

/** What this device shares with others, and what the hub has not taken. */
export interface Sharing extends Live<SharingState> {
  /** Sends a refused command again, as a new one. */
  retry(id: string): Promise<void>;
  /** Forgets a refused command. */
  discard(id: string): Promise<void>;
}

/** Follows the state of a replica. */
export function createSharing(replica: Replica): Sharing {
  const listeners = new Set<() => void>();
  let state: SharingState = {
    connection: replica.status.connection,
    error: undefined,
    progress: undefined,
    pending: [],
    refused: [],
  };
  let error: unknown;
  let changes = 0;

  const look = createLatest(async () => {
    try {
      const [pending, refused] = await Promise.all([replica.pending(), replica.rejected()]);
      const { connection, error: failure, progress } = replica.status;
      state = {
        connection: steady(connection, failure, state),
        error: failure ?? (connection === "connecting" ? state.error : undefined),
        progress: progress && { done: progress.position, total: progress.head },
        pending: pending.map(toUnconfirmed),
        refused: refused.map(toUnconfirmed),
      };
    } catch (thrown) {
      error = thrown;
    }
    changes += 1;
    for (const listener of [...listeners]) listener();
  });
  replica.subscribe(() => look(undefined));
  look(undefined);

  return {
    get state() {
      return state;
    },
    get position() {
      return changes;
    },
    get error() {
      return error;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    retry: async (id) => void (await replica.retry(id)),
    discard: (id) => replica.discard(id),
  };
}

/** An attempt after a failed one is still "offline" to the user, who would otherwise see the two alternate. */
function steady(
  connection: SharingState["connection"],
  failure: unknown,
  before: SharingState,
): SharingState["connection"] {
  return connection === "connecting" && failure === undefined && before.connection === "offline"
    ? "offline"
    : connection;
}

function toUnconfirmed({ id, streams, entry, timestamp, rejected }: OutboxItem): Unconfirmed {
  const [metadata, events] =
    entry.kind === "command"
      ? [entry.metadata, 1]
      : [entry.entries[0]?.events[0]?.metadata, entry.entries.flatMap((one) => one.events).length];
  const { tab } = JSON.parse(metadata ?? "{}") as { readonly tab?: unknown };
  return {
    id,
    stream: streams[0] ?? "",
    command: entry.kind === "command" ? (JSON.parse(entry.command ?? "null") as Command) : undefined,
    events,
    timestamp,
    tab: typeof tab === "string" ? tab : "",
    ...(rejected !== undefined && { refused: rejected.message }),
  };
}
