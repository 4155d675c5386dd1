import type { Signal } from "@preact/signals";
import type { TargetedEvent, VNode } from "preact";

const LARGEST = 1_000_000;

interface StepFieldProps {
  /** Of the counter. */
  readonly label: string;
  readonly step: Signal<number>;
  readonly disabled: boolean;
}

/** By how much plus and minus go; what is no such number is put right when it is left. */
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
        onInput={take}
        onBlur={putRight}
      />
    </label>
  );
}
