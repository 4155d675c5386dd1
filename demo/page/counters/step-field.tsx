import type { Signal } from "@preact/signals";
import type { TargetedEvent, VNode } from "preact";

const LARGEST = 1_000_000;

interface StepFieldProps {
  /** The counter's label. */
  readonly label: string;
  readonly step: Signal<number>;
  readonly disabled: boolean;
}

/** The step of plus and minus; an invalid number is corrected when the field loses focus. */
export function StepField({ label, step, disabled }: StepFieldProps): VNode {
  const take = ({ currentTarget }: TargetedEvent<HTMLInputElement>): void => {
    const { valueAsNumber } = currentTarget;
    if (Number.isInteger(valueAsNumber) && valueAsNumber >= 1 && valueAsNumber <= LARGEST) step.value = valueAsNumber;
  };
  const putRight = ({ currentTarget }: TargetedEvent<HTMLInputElement>): void => {
    currentTarget.value = String(step.value);
  };
  return (
    <label class="step-field">
      <span class="unseen">Step of {label}</span>
      <input
        type="number"
        inputMode="numeric"
        disabled={disabled}
        min={1}
        max={LARGEST}
        step={1}
        value={step.value}
        style={{ width: `max(3.75rem, ${String(step.value).length + 3}ch)` }}
        onInput={take}
        onBlur={putRight}
      />
    </label>
  );
}
