import { batch, computed, signal, type ReadonlySignal } from "@preact/signals";
import type { Counters } from "../../counter/counter.ts";
import type { CounterService } from "../../counter/service.ts";
import { createLatest } from "../../counter/latest.ts";
import type { Notices } from "./notices.ts";

/** A position in the past that is shown. */
interface Past {
  readonly position: number;
  /** The time of its last event; undefined before the first one. */
  readonly time: number | undefined;
}

/** Time travel: the store as it was. */
export interface TimeTravel {
  /** The position that is shown; undefined: now. */
  readonly past: ReadonlySignal<Past | undefined>;
  /** The counters at that position; undefined until they are loaded. */
  readonly counters: ReadonlySignal<Counters | undefined>;
  /** The position of the slider, which is ahead of `past` while that is loading. */
  readonly wanted: ReadonlySignal<number | undefined>;
  goTo(position: number): void;
  backToNow(): void;
}

export function createTimeTravel(service: CounterService, { attempt, close }: Notices): TimeTravel {
  const wanted = signal<number | undefined>(undefined);
  const found = signal<{ readonly past: Past; readonly counters: Counters } | undefined>(undefined);

  const read = createLatest(async (position: number) => {
    await attempt(async () => {
      const [counters, [last]] = await Promise.all([
        service.countersAt(position),
        position === 0 ? [] : service.log({ skip: position - 1, limit: 1 }),
      ]);
      if (wanted.value !== undefined) found.value = { past: { position, time: last?.timestamp }, counters };
    });
  });

  return {
    wanted,
    past: computed(() => (wanted.value === undefined ? undefined : found.value?.past)),
    counters: computed(() => (wanted.value === undefined ? undefined : found.value?.counters)),
    goTo(position) {
      wanted.value = position;
      read(position);
    },
    backToNow() {
      batch(() => {
        close();
        wanted.value = undefined;
        found.value = undefined;
      });
    },
  };
}
