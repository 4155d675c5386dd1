import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useId } from "preact/hooks";
import type { Command } from "../../counter/commands.ts";
import type { Counter } from "../../counter/counter.ts";
import { formatCount, formatNumber } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { useApp } from "../ui/use-app.ts";
import { PendingMark } from "./pending-mark.tsx";
import { StepField } from "./step-field.tsx";

/** The most characters of a number in the largest size. */
const MOST_LARGE = 8;

interface CounterCardProps {
  readonly stream: string;
  readonly counter: Counter;
  /** The counter is shown as it was, and cannot be changed. */
  readonly past: boolean;
  /** Called when the user removes the counter. */
  readonly onRemove: () => void;
}

/** One counter with its controls. */
export function CounterCard({ stream, counter, past, onRemove }: CounterCardProps): VNode {
  const { service, notices, tab, shared } = useApp();
  const { label, value, version, undo, redo } = counter;
  const step = useSignal(1);
  const id = useId();
  const run = (command: Command): void => void notices.act(() => service.run(command, tab));
  return (
    <article class={past ? "card past" : "card"} aria-labelledby={id} tabIndex={-1}>
      <div class="card-head">
        <h3 id={id} title={label}>
          {label}
        </h3>
        <span class="quiet">{formatCount(version, "event")}</span>
        <button
          type="button"
          class="icon-button faint"
          aria-label={`Remove ${label}`}
          title="Remove; its history stays"
          disabled={past}
          onClick={onRemove}
        >
          <Icon name="close" />
        </button>
      </div>
      <div class="value-row">
        {/* Keyed by its value, so that a new one is drawn anew and moves. */}
        <p class="value" role="status">
          <span class="unseen">{label}: </span>
          <span key={value} class={formatNumber(value).length > MOST_LARGE ? "long number" : "number"}>
            {formatNumber(value)}
          </span>
        </p>
        {shared !== undefined && !past && <PendingMark sharing={shared.sharing} stream={stream} />}
      </div>
      <div class="card-actions">
        <button
          type="button"
          class="step"
          aria-label={`Take ${step.value} from ${label}`}
          disabled={past}
          onClick={() => run({ type: "add", stream, by: -step.value })}
        >
          <Icon name="minus" />
        </button>
        <StepField label={label} step={step} disabled={past} />
        <button
          type="button"
          class="step primary"
          aria-label={`Add ${step.value} to ${label}`}
          disabled={past}
          onClick={() => run({ type: "add", stream, by: step.value })}
        >
          <Icon name="plus" />
        </button>
        <span class="spread" />
        <button
          type="button"
          class="icon-button"
          aria-label={`Undo in ${label}`}
          title="Undo, by an event with the opposite effect"
          disabled={past}
          aria-disabled={undo.length === 0}
          onClick={() => undo.length > 0 && run({ type: "undo", stream })}
        >
          <Icon name="undo" />
        </button>
        <button
          type="button"
          class="icon-button"
          aria-label={`Redo in ${label}`}
          title="Redo"
          disabled={past}
          aria-disabled={redo.length === 0}
          onClick={() => redo.length > 0 && run({ type: "redo", stream })}
        >
          <Icon name="redo" />
        </button>
      </div>
    </article>
  );
}
