import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useEffect } from "preact/hooks";
import { followTabs } from "../session/open-tabs.ts";
import { formatCount, formatDuration, formatNumber } from "../ui/format.ts";
import { useApp, useLive } from "../ui/use-app.ts";
import { describeCommand } from "../sharing/describe.ts";

interface StepProps {
  readonly name: string;
  /** When it was reached, in milliseconds after the press, if that was measured; undefined: not yet. */
  readonly at: number | undefined;
  /** Whether the way ends here. */
  readonly refused?: boolean | undefined;
  readonly children: ComponentChildren;
}

/** The way of the last event of this tab, from the press to the number that everybody sees. */
export function EventWay(): VNode {
  const { service, shared, way, tab } = useApp();
  const alone = useSignal(false);
  useEffect(() => followTabs(tab, ({ tabs }) => (alone.value = tabs.every((name) => name === tab))), [tab, alone]);
  const { state: counters } = useLive(service.counters).value;
  const now = way.value;
  const event = now?.event;
  const told = [...(now?.told.values() ?? [])];
  return (
    <section class="way" aria-label="The way of an event">
      <ol key={event?.id} class={now === undefined ? "steps idle" : "steps"}>
        <Step name="pressed" at={now && 0}>
          {now === undefined ? "press plus, and see its way" : describeCommand(now.command, counters)}
        </Step>
        {shared !== undefined && (
          <Step name="kept" at={now && 0}>
            {now?.refused === true ? "in this browser, until the hub answered" : "pending in this browser, and shown"}
          </Step>
        )}
        <Step name={now?.refused === true ? "refused" : "decided"} at={event && 0} refused={now?.refused}>
          {now?.refused === true ? (
            "by the hub: the reason is at the top"
          ) : event === undefined ? (
            shared === undefined ? (
              "on the counter as it is"
            ) : (
              "by the hub, once it is reached"
            )
          ) : (
            <code>
              {event.type} {event.data === undefined ? "" : JSON.stringify(event.data)}
            </code>
          )}
        </Step>
        <Step name="stored" at={now?.stored}>
          {event === undefined ? "in SQLite, on disk" : `as event ${formatNumber(event.position)}, on disk`}
        </Step>
        <Step name="told" at={told.length === 0 ? undefined : Math.max(now?.stored ?? 0, ...told)}>
          {now === undefined
            ? "to every other tab"
            : told.length === 0
              ? alone.value
                ? "to no other tab: none is open"
                : "to no other tab yet"
              : `to ${formatCount(told.length, "other tab")}`}
        </Step>
        <Step name="folded" at={now?.folded}>
          {now?.value === undefined ? "into the number" : `into the number ${formatNumber(now.value)}`}
        </Step>
      </ol>
    </section>
  );
}

function Step({ name, at, refused = false, children }: StepProps): VNode {
  return (
    <li class={refused ? "step-of-way refused-step" : at === undefined ? "step-of-way" : "step-of-way reached"}>
      <strong>{name}</strong>
      {at !== undefined && at > 0 && <span class="figures at">{formatDuration(at)}</span>}
      <span class="what">{children}</span>
    </li>
  );
}
