import { batch, computed, signal, type ReadonlySignal } from "@preact/signals";
import type { Counters } from "../../counter/counter.ts";
import type { CounterService } from "../../counter/service.ts";
import { createLatest } from "./latest.ts";
import type { Notices } from "./notices.ts";

/** A place in the past that is looked at. */
interface Past {
  readonly position: number;
  /** When its last event was recorded; undefined before the first one. */
  readonly time: number | undefined;
}

/** Looking at the store as it was. */
export interface TimeTravel {
  /** Undefined: now. */
  readonly past: ReadonlySignal<Past | undefined>;
  /** The counters as they were there; undefined as long as they are not known. */
  readonly counters: ReadonlySignal<Counters | undefined>;
  /** Where the slider stands: ahead of `past` by what is still being read. */
  readonly wanted: ReadonlySignal<number | undefined>;
  goTo(position: number): void;
  backToNow(): void;
}

export function createTimeTravel(service: CounterService, { attempt }: Notices): TimeTravel {
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
        wanted.value = undefined;
        found.value = undefined;
      });
    },
  };
}
