import type { Endpoint } from "../../src/adapter.ts";

/** One end of a private channel between a tab and the leader. */
export interface Channel extends Endpoint {
  readonly name: string;
  close(): void;
}

/** What the leader says first on a private channel: that it listens there. Said again, it means nothing. */
export const WELCOME = "welcome";

/** On the channel that everybody listens to. Every message may be said again. */
export type Hail =
  /** From a worker that has just opened the database. */
  | { readonly leader: true }
  /** From a tab that looks for the leader: the private channel that it listens on, and the lock that it lives by. */
  | { readonly hello: string; readonly life: string };

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
