import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import type { Progress } from "../../counter/service.ts";
import { formatCount, formatNumber } from "../ui/format.ts";
import { Notice } from "../ui/notice.tsx";
import { ProgressBar } from "../ui/progress-bar.tsx";
import { useApp } from "../ui/use-app.ts";

/** Rebuilds the tables from the events; until it is done, the old tables answer. */
export function Rebuild({ position }: { readonly position: number }): VNode {
  const { service, notices, frozen } = useApp();
  const progress = useSignal<Progress | undefined>(undefined);
  const off = progress.value !== undefined || frozen.value;
  const { attempt, tell } = notices("ranking");
  const rebuild = (): void =>
    void attempt(async () => {
      progress.value = { done: 0, total: position };
      try {
        await service.rebuild({ onProgress: (now) => (progress.value = now) });
        tell(`Rebuilt from ${formatCount(service.ranking.position, "event")}.`);
      } finally {
        progress.value = undefined;
      }
    });
  return (
    <div>
      <div class="buttons">
        <button type="button" aria-disabled={off} onClick={() => off || rebuild()}>
          Rebuild from the events
        </button>
        {progress.value === undefined ? (
          <span class="quiet">Up to date (event {formatNumber(position)})</span>
        ) : (
          <ProgressBar label="Rebuilding the read model" progress={progress.value} />
        )}
      </div>
      <Notice of={notices("ranking")} />
    </div>
  );
}
