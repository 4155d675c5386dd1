import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import type { Progress } from "../../counter/service.ts";
import type { Act } from "../session/actions.ts";
import { useCounterPick } from "../ui/counter-pick.tsx";
import { formatNumber } from "../ui/format.ts";
import { Notice } from "../ui/notice.tsx";
import { ProgressBar } from "../ui/progress-bar.tsx";
import { useApp } from "../ui/use-app.ts";

const COUNT = 10_000;

/** Why a random walk was stopped, if not by its button. */
const UNDONE = new Error("The random walk was undone while it ran.");

/** Appends ten thousand events, to show the speed. */
export function ManyPanel(): VNode {
  const { service, actions, notices, frozen } = useApp();
  const { attempt, tell } = notices("many");
  const running = useSignal<{ readonly progress: Progress; readonly rate: number | undefined } | undefined>(undefined);
  const cancel = useSignal(new AbortController());
  const { stream, label, pick } = useCounterPick({ label: "Counter of the random walk", disabled: frozen.value });
  const off = running.value !== undefined || stream === undefined || frozen.value;

  const append = (): void =>
    void attempt(async () => {
      if (stream === undefined || off || running.value !== undefined) return;
      const started = performance.now();
      let appended = 0;
      const controller = new AbortController();
      const { signal } = controller;
      cancel.value = controller;
      running.value = { progress: { done: 0, total: COUNT }, rate: undefined };
      const rate = (): number => (appended / (performance.now() - started)) * 1000;
      try {
        const walk: Act<void> = (sender, wrote) =>
          service.appendMany(stream, COUNT, sender, {
            signal,
            onProgress(progress) {
              wrote();
              appended = progress.done;
              running.value = { progress, rate: rate() };
            },
          });
        await actions.act(stream, walk, {
          stop: () => controller.abort(UNDONE),
          onUndone() {
            if (signal.reason !== UNDONE) return;
            tell("Stopped by Ctrl+Z.", "The events appended until then are taken back, by one event.");
          },
        });
        tell(
          `${formatNumber(COUNT)} events appended, ${formatNumber(Math.round(rate()))} a second.`,
          "The counter's undo takes all of them back, by one event.",
        );
      } catch (error) {
        if (!signal.aborted) throw error;
        if (signal.reason !== UNDONE) tell("Cancelled. The events appended until then stay.");
        else if (appended === 0) tell("Stopped by Ctrl+Z.", "Nothing was appended.");
      } finally {
        running.value = undefined;
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
