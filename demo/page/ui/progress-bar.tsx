import type { VNode } from "preact";
import type { Progress } from "../../counter/service.ts";
import { formatNumber } from "./format.ts";

interface ProgressBarProps {
  readonly label: string;
  readonly progress: Progress;
  /** Events per second, if shown. */
  readonly rate?: number | undefined;
}

/** The progress of a long task. */
export function ProgressBar({ label, progress: { done, total }, rate }: ProgressBarProps): VNode {
  return (
    <div class="progress">
      <progress aria-label={label} value={done} max={Math.max(total, 1)} />
      <span class="figures">
        {formatNumber(done)} of {formatNumber(total)}
        {rate !== undefined && `, ${formatNumber(Math.round(rate))} a second`}
      </span>
    </div>
  );
}
