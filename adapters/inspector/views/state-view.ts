import type { Projection } from "../../../src/index.ts";
import type { FoldedStep, FoldedSteps } from "../../../src/inspection/index.ts";
import { field, fill, h, iconButton, problem, refill, section } from "../parts/dom.ts";
import { findDifferences, type Differences } from "../parts/differences.ts";
import { jsonView } from "../parts/json-view.ts";
import { createLatest } from "../parts/latest.ts";
import { clockTime, count, many } from "../parts/text.ts";
import { typeMark } from "../parts/type-mark.ts";
import type { Destination, View, ViewContext } from "../view.ts";
import { differenceTable } from "./difference-table.ts";

/** How many events are folded one by one. */
const STEPS = 40;

/** The most differences that are counted of an event in the list. */
const COUNTED = 100;

/** A projection's state at any position, and what each event changed in it. */
export function createStateView(context: ViewContext): View {
  const { store, inspection, projections } = context;
  if (projections.length === 0) {
    const code = context.steps ? "--projections ./projections.js" : "inspector.projections = [cart, totals];";
    const element = h(
      "div",
      { class: "view-body padded" },
      h("p", { class: "empty" }, "No projection was given to the inspector, so there is no state to show."),
      h("pre", {}, code),
    );
    return { element, refresh: () => undefined };
  }
  const latest = createLatest();
  const which = h(
    "select",
    { onchange: load },
    ...projections.map(({ name }, index) => h("option", { value: index }, name)),
  );
  const stream = h("input", { type: "search", placeholder: "all", list: "streams", onchange: toNewest });
  const streams = h("datalist", { id: "streams" });
  const slider = h("input", {
    type: "range",
    min: 0,
    max: 0,
    "aria-label": "Position",
    oninput: () => move(Number(slider.value)),
  });
  const exact = h("input", {
    type: "number",
    min: 0,
    class: "exact",
    "aria-label": "Position",
    oninput: () => void (typing = true),
    onchange: () => move(Number(exact.value)),
  });
  const end = h("span", { class: "quiet" });
  const steps = h("ol", { class: "steps", "aria-label": "Events" });
  const change = h("div", {});
  const state = h("div", {});
  const trouble = h("div", { class: "trouble" });
  const result = h(
    "div",
    { class: "result" },
    section("What the event changed", change),
    section("State after it", state),
  );
  const element = h(
    "div",
    { class: "state view-body" },
    h("div", { class: "tools" }, field("Projection", which), field("Stream", stream), streams),
    h(
      "div",
      { class: "travel" },
      iconButton("back", "One event back", () => move(at() - 1)),
      slider,
      iconButton("next", "One event forward", () => move(at() + 1)),
      exact,
      end,
    ),
    trouble,
    h("div", { class: "columns" }, steps, result),
  );
  /** Undefined: the newest. One that is beyond it becomes the newest once that is known. */
  let chosen: number | undefined;
  /** Whether a position is being typed, which news must not replace. */
  let typing = false;
  let newest = 0;
  /** Which state is shown: news of other events need not draw it again, and close what is opened in it. */
  let drawn = "";
  let loading = false;
  let due = false;

  function at(): number {
    return chosen ?? newest;
  }

  function move(to: number): void {
    chosen = Math.max(0, Math.round(to) || 0);
    typing = false;
    load();
  }

  function toNewest(): void {
    chosen = undefined;
    load();
  }

  function load(): void {
    const projection = projections[Number(which.value)] as Projection<unknown>;
    const name = stream.value.trim();
    let wanted = "";
    loading = true;
    due = false;
    latest.run(
      async () => {
        newest = name === "" ? await store.head() : await store.stream(name).version();
        if (chosen !== undefined && chosen >= newest) chosen = undefined;
        wanted = JSON.stringify([which.value, name, at()]);
        if (wanted === drawn) return undefined;
        return (context.steps ?? inspection.steps)(projection, {
          ...(name !== "" && { stream: name }),
          upTo: at(),
          limit: STEPS,
        });
      },
      (folded) => {
        loading = false;
        drawTravel();
        if (folded !== undefined) draw(folded, name !== "");
        drawn = wanted;
        if (due) load();
      },
      (error) => {
        loading = false;
        drawn = "";
        fill(trouble, problem(error));
        fill(steps);
        result.hidden = true;
        drawTravel();
      },
    );
  }

  function drawTravel(): void {
    element.classList.toggle("now", chosen === undefined);
    slider.max = exact.max = String(newest);
    slider.value = String(at());
    if (!typing) exact.value = slider.value;
    end.textContent = `of ${count(newest)}`;
  }

  function draw({ steps: folded, state: after, error }: FoldedSteps<unknown>, ofStream: boolean): void {
    result.hidden = false;
    fill(trouble, error !== undefined && problem(error));
    const last = folded.at(-1);
    refill(steps, ...newestFirst(folded).map((step) => drawStep(step, step === last, ofStream)));
    fill(
      change,
      last === undefined ? h("p", { class: "quiet" }, "No event yet.") : differenceTable(differencesOf(last)),
    );
    fill(state, jsonView(after));
  }

  function drawStep(step: FoldedStep<unknown>, isLast: boolean, ofStream: boolean): HTMLElement {
    const { event } = step;
    const { list, more } = differencesOf(step, COUNTED);
    const key = ofStream ? event.version : event.position;
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: "step", "aria-current": isLast ? "true" : undefined, onclick: () => move(key) },
        h("span", { class: "cell position" }, count(key)),
        typeMark(event.type),
        h("span", { class: "cell time" }, clockTime(event.timestamp)),
        h(
          "span",
          { class: `changes ${list.length === 0 ? "quiet" : ""}` },
          list.length === 0 ? "no change" : `${many(list.length, "change")}${more ? "+" : ""}`,
        ),
      ),
    );
  }

  return {
    element,
    refresh() {
      // A long history is folded once at a time.
      due = loading;
      if (!loading) load();
      if (streams.childElementCount === 0) void offerStreams();
    },
    visit({ stream: name = "", position, version }: Destination) {
      stream.value = name;
      chosen = name === "" ? position : version;
      load();
    },
    close: latest.drop,
  };

  async function offerStreams(): Promise<void> {
    try {
      for await (const { name } of store.streams()) {
        streams.append(h("option", { value: name }));
        if (streams.childElementCount >= 200) break;
      }
    } catch {
      // Only an offer: the state tells the same error.
    }
  }
}

function differencesOf({ before, after }: FoldedStep<unknown>, most?: number): Differences {
  return findDifferences(before, after, most);
}

function newestFirst(steps: readonly FoldedStep<unknown>[]): readonly FoldedStep<unknown>[] {
  return [...steps].sort((one, other) => other.event.position - one.event.position);
}
