import type { Endpoint } from "../../../src/adapter.ts";
import type { Versions } from "./versions.ts";

/** One end of a private channel between a tab and the leader. */
export interface Channel extends Endpoint {
  readonly name: string;
  close(): void;
}

/** The leader's first message on a private channel. Repeating it changes nothing. */
export type Welcome =
  /** The leader listens on this channel, with the database of this identity. */
  | { readonly welcome: string }
  /** The leader is of a newer build, and does not listen. */
  | { readonly outdated: true };

/**
 * A message on the hub, the channel that every tab and worker listens to. Every message may be repeated. Neither these
 * messages nor the welcome may ever be removed: builds of any age have to understand them.
 */
export type Hail =
  /** From a worker that has just opened the database. */
  | { readonly leader: Versions }
  /** From a tab that looks for the leader: its private channel, and the lock that it holds while it lives. */
  | { readonly hello: string; readonly life: string; readonly versions: Versions }
  /** From the tab that replaces or removes the database: release everything, permanently. */
  | { readonly replaced: true }
  /** From the leader, with the identity of the database that it had open: the browser has deleted it. */
  | { readonly deleted: string }
  /** From a tab that waits for an answer of the leader: is the leader alive? */
  | { readonly waiting: true }
  /** From the leader's worker, or from its page, which can answer while the worker is busy: the leader is alive. */
  | { readonly alive: true };

/** Opens one end of a channel: messages arrive at the other ends with this name, copied and in order. */
export function openChannel(name: string): Channel {
  const channel = new BroadcastChannel(name);
  let open = true;
  return {
    name,
    postMessage(message) {
      // An answer may be ready after the other side has gone. Posting to a closed channel would throw.
      if (open) channel.postMessage(message);
    },
    addEventListener: (type, listener) => channel.addEventListener(type, listener),
    removeEventListener: (type, listener) => channel.removeEventListener(type, listener),
    close() {
      open = false;
      channel.close();
    },
  };
}
