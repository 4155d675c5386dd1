import { signal, type ReadonlySignal } from "@preact/signals";
import type { StoredEvent } from "rivulet";
import type { Command } from "../../counter/commands.ts";
import type { CounterService, OnDecided } from "../../counter/service.ts";

/** The way of the newest command of this tab: when each step was reached, in milliseconds after it was given. */
export interface Way {
  readonly command: Command;
  readonly event?: StoredEvent;
  /** Whether the hub has refused the command. */
  readonly refused?: boolean;
  readonly stored?: number;
  readonly folded?: number;
  /** The counter's value with the event. */
  readonly value?: number | undefined;
  /** The other tabs that show the event. */
  readonly told: ReadonlyMap<string, number>;
}

export interface WayRecorder {
  readonly way: ReadonlySignal<Way | undefined>;
  /** Gives a command, and follows its event. */
  follow<Result>(command: Command, give: (onDecided: OnDecided) => Promise<Result>): Promise<Result>;
  close(): void;
}

const HUB = "rivulet-demo/told";

interface Told {
  readonly tab: string;
  readonly position: number;
  /** The position at which the tab opened its counters: what was stored until then is its history, and no news. */
  readonly from: number;
}

/** Follows the events of this tab through the store to the other tabs, and tells those which of their events are shown here. */
export function recordWays({ counters }: Pick<CounterService, "counters">, tab: string, mode: string): WayRecorder {
  const way = signal<Way | undefined>(undefined);
  const hub = new BroadcastChannel(`${HUB}/${mode}`);
  const from = counters.position;
  let started = 0;
  const after = (): number => performance.now() - started;

  function fold(): void {
    const { value: now } = way;
    if (now?.event === undefined || now.folded !== undefined || counters.position < now.event.position) return;
    way.value = { ...now, folded: after(), value: counters.state[now.event.stream]?.value };
  }

  const stop = counters.subscribe(() => {
    fold();
    hub.postMessage({ tab, position: counters.position, from } satisfies Told);
  });
  hub.addEventListener("message", ({ data }: MessageEvent<Told>) => {
    const { value: now } = way;
    if (now === undefined || now.told.has(data.tab)) return;
    // The other tab may be faster than the answer to this one.
    if (now.event === undefined ? data.position <= before : data.position < now.event.position) return;
    if (data.from >= (now.event?.position ?? before + 1)) return;
    way.value = { ...now, told: new Map([...now.told, [data.tab, after()]]) };
  });
  let before = from;

  return {
    way,
    async follow(command, give) {
      const mine: Way = { command, told: new Map() };
      way.value = mine;
      started = performance.now();
      before = counters.position;
      const isNewest = (): boolean => way.value?.command === command;
      try {
        return await give((event) => {
          if (way.value === undefined || !isNewest()) return;
          way.value = event === undefined ? { ...way.value, refused: true } : { ...way.value, event, stored: after() };
          fold();
        });
      } catch (error) {
        if (isNewest()) way.value = undefined;
        throw error;
      }
    },
    close() {
      stop();
      hub.close();
    },
  };
}
