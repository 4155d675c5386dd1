import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useId } from "preact/hooks";
import { LARGEST_STEP, type Command } from "../../counter/commands.ts";
import type { Counter } from "../../counter/counter.ts";
import { formatCount, formatNumber } from "../ui/format.ts";
import { Icon } from "../ui/icon.tsx";
import { Notice } from "../ui/notice.tsx";
import { useApp } from "../ui/use-app.ts";
import { PendingMark } from "./pending-mark.tsx";
import { StepField, type Step } from "./step-field.tsx";

interface CounterCardProps {
  readonly stream: string;
  readonly counter: Counter;
  /** The counter is shown as it was. */
  readonly past: boolean;
  /** The counter cannot be changed now. */
  readonly frozen: boolean;
  /** Keeps the height of a card that the user removes, in pixels. */
  readonly heights: Map<string, number>;
}

/** One counter with its controls. */
export function CounterCard({ stream, counter, past, frozen, heights }: CounterCardProps): VNode {
  const { actions, shared } = useApp();
  const { label, value, version, undo, redo } = counter;
  const step = useSignal<Step>({ by: 1, length: 1 });
  const { by } = step.value;
  const id = useId();
  const run = (command: Command): void => void actions.run(command);
  return (
    <article class={past ? "card past" : "card"} aria-labelledby={id} data-stream={stream} tabIndex={-1}>
      <div class="card-head">
        <h3 id={id}>{label}</h3>
        <span class="quiet">{formatCount(version, "event")}</span>
        <button
          type="button"
          class="icon-button faint"
          aria-label={`Remove ${label}`}
          title="Remove; its history stays"
          disabled={frozen}
          onClick={({ currentTarget }) => {
            heights.set(stream, currentTarget.closest("article")?.getBoundingClientRect().height ?? 0);
            run({ type: "remove", stream });
          }}
        >
          <Icon name="close" />
        </button>
      </div>
      <div class="value-row">
        {/* Keyed by its value, so that a new one is drawn anew and moves. */}
        <p class="value" role="status">
          <span class="unseen">{label}: </span>
          <span key={value} class="number" style={{ "--length": formatNumber(value).length }}>
            {formatNumber(value)}
          </span>
        </p>
        {shared !== undefined && !past && <PendingMark sharing={shared.sharing} stream={stream} />}
      </div>
      <div class="card-actions">
        <button
          type="button"
          class="step"
          aria-label={`Take ${by ?? "a step"} from ${label}`}
          disabled={frozen}
          aria-disabled={by === undefined}
          onClick={() => by !== undefined && run({ type: "add", stream, by: -by })}
        >
          <Icon name="minus" />
        </button>
        <StepField label={label} step={step} disabled={frozen} hint={`${id}-step`} />
        <button
          type="button"
          class="step primary"
          aria-label={`Add ${by ?? "a step"} to ${label}`}
          disabled={frozen}
          aria-disabled={by === undefined}
          onClick={() => by !== undefined && run({ type: "add", stream, by })}
        >
          <Icon name="plus" />
        </button>
        <span class="spread" />
        <button
          type="button"
          class="icon-button"
          aria-label={`Undo in ${label}`}
          title="Undo, by an event with the opposite effect"
          disabled={frozen}
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
          disabled={frozen}
          aria-disabled={redo.length === 0}
          onClick={() => redo.length > 0 && run({ type: "redo", stream })}
        >
          <Icon name="redo" />
        </button>
      </div>
      <p id={`${id}-step`} class="hint" role="status">
        {by === undefined && `A step is a whole number from 1 to ${formatNumber(LARGEST_STEP)}.`}
      </p>
      {!past && <Notice of={actions.noticesOf(stream)} />}
    </article>
  );
}
