import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import type { Progress } from "../../counter/service.ts";
import { formatNumber } from "../ui/format.ts";
import { ProgressBar } from "../ui/progress-bar.tsx";
import { useApp, useLive } from "../ui/use-app.ts";

const COUNT = 10_000;

/** Appends ten thousand events, to show the speed. */
export function ManyPanel(): VNode {
  const { service, notices, tab, chosen, travel } = useApp();
  const running = useSignal<{ readonly progress: Progress; readonly rate: number | undefined } | undefined>(undefined);
  const cancel = useSignal(new AbortController());
  const { state } = useLive(service.counters).value;
  const open = Object.entries(state).filter(([, counter]) => counter.open);
  const [stream, counter] = open.find(([name]) => name === chosen.value) ?? open[0] ?? [];

  const append = (): void =>
    void notices.act(async () => {
      if (stream === undefined) return;
      const started = performance.now();
      let appended = 0;
      cancel.value = new AbortController();
      const { signal } = cancel.value;
      running.value = { progress: { done: 0, total: COUNT }, rate: undefined };
      const rate = (): number => (appended / (performance.now() - started)) * 1000;
      try {
        await service.appendMany(stream, COUNT, tab, {
          signal,
          onProgress(progress) {
            appended = progress.done;
            running.value = { progress, rate: rate() };
          },
        });
        notices.tell(`${formatNumber(COUNT)} events appended, ${formatNumber(Math.round(rate()))} a second.`);
      } catch (error) {
        if (!signal.aborted) throw error;
        notices.tell("Cancelled. The events appended until then stay.");
      } finally {
        running.value = undefined;
      }
    });

  return (
    <div class="panel">
      <h3>Many events</h3>
      <p class="quiet">
        A random walk of {counter?.label ?? "a counter"}, 500 events to a transaction, each on disk before the next.
      </p>
      {running.value !== undefined && (
        <ProgressBar label="Appending" progress={running.value.progress} rate={running.value.rate} />
      )}
      <p class="buttons">
        <button
          type="button"
          disabled={running.value !== undefined || stream === undefined || travel.past.value !== undefined}
          onClick={append}
        >
          Append {formatNumber(COUNT)} events
        </button>
        {running.value !== undefined && (
          <button type="button" onClick={() => cancel.value.abort()}>
            Cancel
          </button>
        )}
      </p>
    </div>
  );
}
