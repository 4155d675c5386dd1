import type { Signal } from "@preact/signals";
import type { TargetedEvent, VNode } from "preact";
import { isStep } from "../../counter/commands.ts";

/** The step of a counter as it was typed. */
export interface Step {
  /** The step; undefined if the typed text is not one. */
  readonly by: number | undefined;
  /** The number of characters of the typed text. */
  readonly length: number;
}

interface StepFieldProps {
  /** The counter's label. */
  readonly label: string;
  readonly step: Signal<Step>;
  readonly disabled: boolean;
  /** The id of the text that says what a step is. */
  readonly hint: string;
}

/** The step of plus and minus. Text that is not a step stays, so that it can be corrected; an empty field becomes 1. */
export function StepField({ label, step, disabled, hint }: StepFieldProps): VNode {
  const take = ({ currentTarget: { value, valueAsNumber } }: TargetedEvent<HTMLInputElement>): void => {
    step.value = { by: isStep(valueAsNumber) ? valueAsNumber : undefined, length: value.length };
  };
  const fill = ({ currentTarget }: TargetedEvent<HTMLInputElement>): void => {
    if (currentTarget.value !== "" || currentTarget.validity.badInput) return;
    currentTarget.value = "1";
    step.value = { by: 1, length: 1 };
  };
  const { by, length } = step.value;
  return (
    <label class="step-field">
      <span class="unseen">Step of {label}</span>
      <input
        type="number"
        inputMode="numeric"
        disabled={disabled}
        step="any"
        defaultValue="1"
        aria-invalid={by === undefined}
        aria-describedby={by === undefined ? hint : undefined}
        style={{ width: `max(3.75rem, ${Math.min(length, 9) + 3}ch)` }}
        onInput={take}
        onBlur={fill}
      />
    </label>
  );
}
