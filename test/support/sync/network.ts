import type { AbortSignalLike } from "rivulet";
import type { HubCore } from "../../../dist/src/sync/hub/hub.js";
import type { PullLine, PushAnswer, Transport } from "../../../dist/src/sync/messages.js";
import type { Random } from "../random.ts";
import type { Process } from "./process.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** How a network disturbs what is sent over it: each in how many of a hundred messages. */
export interface Weather {
  readonly lost: number;
  readonly doubled: number;
  readonly cut: number;
  /** The longest delay of a message, in milliseconds. */
  readonly delay: number;
}

export const FINE: Weather = { lost: 0, doubled: 0, cut: 0, delay: 5 };

/** The hub as a client of the network reaches it; undefined while it is down. */
export interface RunningHub {
  readonly core: HubCore<string>;
  readonly process: Process;
}

export interface NetworkParts {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly weather: () => Weather;
  readonly hub: () => RunningHub | undefined;
  readonly offline: () => boolean;
  readonly client: string;
  /** The process that sends. */
  readonly process: Process;
}

const NEVER = new Promise<never>(() => undefined);

/** Sends the messages of one process to the hub, as text, over a network that loses, doubles, delays and cuts. */
export function createTransport({ time, random, weather, hub, offline, client, process }: NetworkParts): Transport {
  const happens = (percent: number): boolean => random.below(100) < percent;
  const clone = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

  /** One way of a message. A lost one is noticed at once, later, or never. */
  async function travel(signal: AbortSignalLike): Promise<void> {
    const { lost, delay } = weather();
    await process.wait(random.below(delay + 1), signal);
    if (!offline() && !happens(lost)) return;
    if (happens(50)) await NEVER;
    throw new Error("the network is gone");
  }

  function reached(): RunningHub {
    const running = hub();
    if (running === undefined || !running.process.alive) throw new Error("the hub does not answer");
    return running;
  }

  return {
    async push(message, signal): Promise<PushAnswer> {
      const sent = clone(message);
      // A copy of the message may arrive at any time, also after the answer, and when the client is long gone.
      if (happens(weather().doubled)) {
        time.at(
          random.below(5_000),
          () =>
            void hub()
              ?.core.push(client, clone(sent))
              .catch(() => undefined),
        );
      }
      await travel(signal);
      const { core } = reached();
      if (happens(weather().doubled)) void core.push(client, clone(sent)).catch(() => undefined);
      const answer = await core.push(client, sent);
      await travel(signal);
      return clone(answer);
    },
    async *pull(message, signal): AsyncGenerator<PullLine> {
      await travel(signal);
      const { core } = reached();
      const connection = new AbortController();
      const lines = core.pull(client, clone(message), connection.signal);
      try {
        for (;;) {
          const { done, value } = await lines.next();
          if (done === true) return;
          await process.wait(random.below(weather().delay + 1), signal);
          if (offline() || happens(weather().cut)) throw new Error("the connection is cut");
          // A line that is lost without a sign: a proxy that drops what it should pass on.
          if (happens(weather().lost)) continue;
          yield clone(value);
          if (happens(weather().doubled)) yield clone(value);
        }
      } finally {
        connection.abort();
        void lines.return(undefined).catch(() => undefined);
      }
    },
  };
}
