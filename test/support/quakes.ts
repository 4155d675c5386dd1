import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Event, EventStore } from "rivulet";
import type { FixedClock } from "rivulet/testing";

interface Magnitude {
  readonly quake: string;
  readonly network: string;
  readonly magnitude: number;
}

export type QuakeEvent = Event<"reported", Magnitude> | Event<"revised", Magnitude>;

/** A report or its revision, and when it became known. */
export interface Message {
  readonly type: QuakeEvent["type"];
  readonly at: number;
  readonly data: Magnitude;
}

interface Feed {
  readonly features: readonly {
    readonly id: string;
    readonly properties: {
      readonly mag: number;
      readonly time: number;
      readonly updated: number;
      readonly net: string;
    };
  }[];
}

/**
 * A week of reports and their revisions, in the order in which they became known. The feed tells when each was last revised,
 * and only the magnitude that it then had: the one first reported is taken to be that without its decimals.
 */
export function loadMessages(): Message[] {
  const require = createRequire(import.meta.url);
  const file = join(dirname(require.resolve("vega-datasets")), "..", "data", "earthquakes.json");
  const { features } = JSON.parse(readFileSync(file, "utf8")) as Feed;
  const messages = features.flatMap(({ id, properties: { mag, time, updated, net } }): Message[] => [
    { type: "reported", at: time, data: { quake: id, network: net, magnitude: Math.trunc(mag) } },
    { type: "revised", at: Math.max(time, updated), data: { quake: id, network: net, magnitude: mag } },
  ]);
  return messages.sort((a, b) => a.at - b.at);
}

/** Each message at its own time, into a stream for its network. */
export async function recordMessages(
  store: EventStore,
  clock: FixedClock,
  messages: readonly Message[],
): Promise<void> {
  const appends: Promise<unknown>[] = [];
  for (const { type, at, data } of messages) {
    clock.set(at);
    appends.push(store.stream<QuakeEvent>(`network-${data.network}`).append({ type, data }));
  }
  await Promise.all(appends);
}
