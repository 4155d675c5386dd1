import type { ParkedEvent } from "../../../src/index.ts";
import { button, h } from "../parts/dom.ts";
import { count, fullTime } from "../parts/text.ts";
import type { ViewContext } from "../view.ts";

/** Shows events that were set aside, with what went wrong. */
export function parkedList(parked: readonly ParkedEvent[], { go }: Pick<ViewContext, "go">): HTMLElement {
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
          button(`Event ${count(position)}`, () => go("log", { position }), { class: "link" }),
          ` ${type} `,
          h("span", { class: "quiet" }, `${attempts}× · ${fullTime(timestamp)}`),
        ),
        h("code", { class: "message" }, message),
      ),
    ),
  );
}
