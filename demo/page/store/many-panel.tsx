import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import type { Progress } from "../../counter/service.ts";
import { newId } from "../session/new-id.ts";
import { useCounterPick } from "../ui/counter-pick.tsx";
import { formatNumber } from "../ui/format.ts";
import { Notice } from "../ui/notice.tsx";
import { ProgressBar } from "../ui/progress-bar.tsx";
import { useApp } from "../ui/use-app.ts";

const COUNT = 10_000;

/** Appends ten thousand events, to show the speed. */
export function ManyPanel(): VNode {
  const { service, actions, notices, tab, frozen } = useApp();
  const { attempt, tell } = notices("many");
  const running = useSignal<{ readonly progress: Progress; readonly rate: number | undefined } | undefined>(undefined);
  const cancel = useSignal(new AbortController());
  const { stream, label, pick } = useCounterPick({ label: "Counter of the random walk" });
  const off = running.value !== undefined || stream === undefined || frozen.value;

  const append = (): void =>
    void attempt(async () => {
      if (stream === undefined || off || running.value !== undefined) return;
      const started = performance.now();
      let appended = 0;
      const act = newId();
      cancel.value = new AbortController();
      const { signal } = cancel.value;
      running.value = { progress: { done: 0, total: COUNT }, rate: undefined };
      const rate = (): number => (appended / (performance.now() - started)) * 1000;
      try {
        await service.appendMany(
          stream,
          COUNT,
          { tab, act },
          {
            signal,
            onProgress(progress) {
              appended = progress.done;
              running.value = { progress, rate: rate() };
            },
          },
        );
        tell(
          `${formatNumber(COUNT)} events appended, ${formatNumber(Math.round(rate()))} a second.`,
          "The counter's undo takes all of them back, by one event.",
        );
      } catch (error) {
        if (!signal.aborted) throw error;
        tell("Cancelled. The events appended until then stay.");
      } finally {
        running.value = undefined;
        if (appended > 0) void actions.remember(stream, act);
      }
    });

  return (
    <div class="panel">
      <h3>Many events</h3>
      <p class="quiet">A random walk of {label}, 500 events to a transaction, each on disk before the next.</p>
      {running.value !== undefined && (
        <ProgressBar label="Appending" progress={running.value.progress} rate={running.value.rate} />
      )}
      <p class="buttons">
        {pick}
        <button type="button" aria-disabled={off} onClick={append}>
          Append {formatNumber(COUNT)} events
        </button>
        {running.value !== undefined && (
          <button type="button" onClick={() => cancel.value.abort()}>
            Cancel
          </button>
        )}
      </p>
      <Notice of={notices("many")} />
    </div>
  );
}
