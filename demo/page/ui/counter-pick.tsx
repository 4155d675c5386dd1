import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useId } from "preact/hooks";
import { labelOf, type Counter, type Counters } from "../../counter/counter.ts";
import { useApp, useLive } from "./use-app.ts";

interface CounterPick {
  /** The counter, or undefined if there is none. */
  readonly stream: string | undefined;
  readonly label: string;
  /** The choice: the busiest counter, or a certain one. */
  readonly pick: VNode;
}

interface CounterPickOptions {
  /** The label for screen readers. */
  readonly label: string;
  /** Whether a removed counter can be chosen, too. */
  readonly removed?: boolean;
  /** Whether nothing can be chosen now. */
  readonly disabled?: boolean;
}

/** Lets the user choose a counter; without a choice, it is the busiest one. */
export function useCounterPick({ label, removed = false, disabled = false }: CounterPickOptions): CounterPick {
  const { service } = useApp();
  const { state } = useLive(service.counters).value;
  const chosen = useSignal("");
  const id = useId();
  const some = Object.entries(state).filter(([, { open }]) => open || removed);
  const busiest = findBusiest(state);
  const stream = some.some(([name]) => name === chosen.value) ? chosen.value : busiest;
  const nameOf = (name: string | undefined): string => (name === undefined ? "a counter" : labelOf(name, state));
  const pick = (
    <span class="pick">
      <label class="unseen" for={id}>
        {label}
      </label>
      <select
        id={id}
        disabled={disabled || busiest === undefined}
        value={stream === chosen.value ? stream : ""}
        onChange={({ currentTarget }) => (chosen.value = currentTarget.value)}
      >
        <option value="">{busiest === undefined ? "no counter" : `the busiest: ${nameOf(busiest)}`}</option>
        {some.map(([name, { open }]) => (
          <option key={name} value={name}>
            {open ? nameOf(name) : `${nameOf(name)} (removed)`}
          </option>
        ))}
      </select>
    </span>
  );
  return { stream, label: nameOf(stream), pick };
}

/** The counter with the most events that is still open. */
function findBusiest(counters: Counters): string | undefined {
  return Object.entries(counters)
    .filter((entry): entry is [string, Counter] => entry[1].open)
    .sort(([, one], [, other]) => other.version - one.version)[0]?.[0];
}
