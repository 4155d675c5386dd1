import type { Endpoint } from "../../../src/adapter.ts";
import type { Versions } from "./versions.ts";

/** One end of a private channel between a tab and the leader. */
export interface Channel extends Endpoint {
  readonly name: string;
  close(): void;
}

/** What the leader says first on a private channel. Said again, it means nothing. */
export type Welcome =
  /** It listens there, with the database of this identity. */
  | { readonly welcome: string }
  /** It is of a newer build, and does not listen. */
  | { readonly outdated: true };

/**
 * On the channel that everybody listens to. Every message may be said again. Of these, and of the welcome, nothing may ever
 * be taken away: builds of all ages have to understand them.
 */
export type Hail =
  /** From a worker that has just opened the database. */
  | { readonly leader: Versions }
  /** From a tab that looks for the leader: the private channel that it listens on, and the lock that it lives by. */
  | { readonly hello: string; readonly life: string; readonly versions: Versions }
  /** From whoever puts another database in its place, or none: let go of everything, for good. */
  | { readonly replaced: true }
  /** From the leader, with the identity of the database that it had open: the browser has deleted that. */
  | { readonly deleted: string }
  /** From a tab that awaits an answer of the leader: is it alive? */
  | { readonly waiting: true }
  /** From the leader's worker, or from its page, which can answer while the worker is busy: it is. */
  | { readonly alive: true };

/** Opens an end of a channel: what is sent arrives at the other ends of this name, copied, in order. */
export function openChannel(name: string): Channel {
  const channel = new BroadcastChannel(name);
  let open = true;
  return {
    name,
    postMessage(message) {
      // An answer may be ready after the other side has gone: nobody waits for it. A closed channel would throw.
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
