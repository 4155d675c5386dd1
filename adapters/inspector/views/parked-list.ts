import type { ParkedEvent } from "../../../src/index.ts";
import { button, h } from "../parts/dom.ts";
import { count, fullTime, many } from "../parts/text.ts";
import type { ViewContext } from "../view.ts";

/** Shows events that were set aside, with what went wrong. */
export function parkedList(parked: readonly ParkedEvent[], context: Pick<ViewContext, "go">): HTMLElement {
  return h(
    "ul",
    { class: "parked" },
    ...parked.map(({ position, type, message, attempts, timestamp }) =>
      h(
        "li",
        {},
        h(
          "div",
          {},
          eventLink(position, context),
          ` ${type} `,
          h(
            "span",
            { class: "quiet" },
            `${many(attempts, "attempt")} · `,
            h("span", { class: "at" }, fullTime(timestamp)),
          ),
        ),
        h("code", { class: "message" }, message),
      ),
    ),
  );
}

/** Leads to an event in the log. */
export function eventLink(position: number, { go }: Pick<ViewContext, "go">): HTMLElement {
  return button(`Event ${count(position)}`, () => go("log", { position }), { class: "link" });
}
