import { useSignal } from "@preact/signals";
import type { TargetedSubmitEvent, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Notice } from "../ui/notice.tsx";
import { useApp } from "../ui/use-app.ts";

interface AddCounterProps {
  /** There is no other counter. */
  readonly first: boolean;
  /** The past is shown, which cannot be changed. */
  readonly past: boolean;
}

/** Adds a counter. If there is none, this is all that is shown. */
export function AddCounter({ first, past }: AddCounterProps): VNode {
  const { actions, notices } = useApp();
  const label = useSignal("");
  const refused = notices("new counter");
  const message = refused.shown.value;
  const card = useRef<HTMLFormElement>(null);
  // Below many counters, the bar of the time may cover it.
  useEffect(() => {
    if (message !== undefined) card.current?.scrollIntoView({ block: "nearest" });
  }, [message]);
  const add = (event: TargetedSubmitEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const name = label.value;
    if (name.trim() === "") return;
    // Cleared at once, so that the next name can be typed; a name that is refused comes back.
    label.value = "";
    void actions.run({ type: "open", label: name }).then((added) => {
      if (!added) label.value ||= name;
    });
  };
  return (
    <form ref={card} class="card add" onSubmit={add}>
      <h3>{first ? "No counters" : "Another counter"}</h3>
      <p class="quiet">{first ? "Name something that you want to count." : "Its events are a stream of their own."}</p>
      <div class="card-actions">
        <label class="grow">
          <span class="unseen">Name of the new counter</span>
          <input
            type="text"
            disabled={past}
            autoComplete="off"
            placeholder="Laps, birds, bugs …"
            value={label.value}
            onInput={({ currentTarget }) => (label.value = currentTarget.value)}
          />
        </label>
        <button type="submit" disabled={past}>
          Add
        </button>
      </div>
      {!past && <Notice of={refused} />}
    </form>
  );
}
