import type { Consumer, ConsumerFailure } from "../../../src/index.ts";
import type { InspectedConsumer } from "../../../src/inspection/index.ts";
import { badge, button, facts, fill, h, problem, refill } from "../parts/dom.ts";
import { createLatest } from "../parts/latest.ts";
import { count, many } from "../parts/text.ts";
import type { View, ViewContext } from "../view.ts";
import { eventLink, parkedList } from "./parked-list.ts";

/** What is shown of a consumer: what the store keeps of it, and the handle that the application has given. */
interface Shown {
  readonly kept: InspectedConsumer;
  readonly handle: Consumer | undefined;
  /** How far the handle is behind; also of a consumer that keeps its checkpoint elsewhere. */
  readonly lag: number | undefined;
  readonly parked: Awaited<ReturnType<ViewContext["inspection"]["parked"]>>;
}

/** The consumers: who is active, how far behind, failing, and what is parked. */
export function createConsumersView(context: ViewContext): View {
  const { inspection, consumers } = context;
  const latest = createLatest();
  const trouble = h("div", { class: "trouble" });
  const cards = h("div", { class: "cards" });
  const element = h("div", { class: "view-body padded" }, trouble, cards);
  const stops = consumers.map((consumer) => consumer.subscribe(() => load()));
  const tell = (error: unknown): void => fill(trouble, problem(error));

  async function look(): Promise<readonly Shown[]> {
    const kept = await inspection.consumers();
    const names = new Set(kept.map(({ name }) => name));
    const others = consumers
      .filter(({ name }) => !names.has(name))
      .map(({ name }) => ({ name, checkpoint: undefined, lag: undefined, active: false, parked: 0 }));
    return Promise.all(
      [...kept, ...others].map(async (each): Promise<Shown> => {
        const handle = consumers.find(({ name }) => name === each.name);
        const parked = each.parked > 0 ? await inspection.parked({ consumer: each.name }) : [];
        // A checkpoint that is kept elsewhere may be out of reach.
        const own = each.lag === undefined && handle !== undefined ? handle.lag().catch(() => undefined) : undefined;
        return { kept: each, handle, lag: each.lag ?? (await own), parked };
      }),
    );
  }

  function load(): void {
    latest.run(
      look,
      (all) => {
        fill(trouble);
        refill(cards, ...all.map(card));
        if (all.length === 0) fill(cards, h("p", { class: "empty" }, "No consumer has run in this store."));
      },
      tell,
    );
  }

  function card({ kept, handle, lag, parked }: Shown): HTMLElement {
    const head = Math.max(1, context.head());
    const position = kept.checkpoint ?? handle?.position;
    const lagBar = lag !== undefined && h("meter", { min: 0, max: head, value: head - lag, "aria-label": "Handled" });
    return h(
      "article",
      { class: "card", "aria-label": kept.name },
      h(
        "header",
        {},
        h("h2", {}, kept.name),
        h("span", {}, handle?.failing !== undefined && badge("failing", "bad"), " ", statusOf(kept, handle)),
      ),
      facts([
        ["Handled up to", position === undefined ? "no checkpoint here" : count(position)],
        ["Behind", lag === undefined ? "unknown" : many(lag, "event")],
        ["Parked", count(kept.parked)],
      ]),
      lagBar,
      handle?.failing !== undefined && describeFailure(handle.failing, context),
      handle?.error !== undefined && problem(handle.error),
      parked.length > 0 && parkedList(parked, context),
      parked.length > 0 &&
        handle !== undefined &&
        !context.readOnly &&
        h(
          "div",
          { class: "actions" },
          button("Retry all", () => void handle.retryParked().then(load, tell)),
        ),
    );
  }

  return {
    element,
    refresh: load,
    close() {
      latest.drop();
      for (const stop of stops) stop();
    },
  };
}

function statusOf(kept: InspectedConsumer, handle: Consumer | undefined): HTMLElement {
  if (handle?.status === "active") return badge("active here", "good");
  if (kept.active) return badge("active elsewhere", "good");
  if (handle?.status === "waiting") return badge("waiting", "past");
  return badge(handle === undefined ? "not running" : handle.status, handle?.error === undefined ? "plain" : "bad");
}

function describeFailure({ error, event, attempt }: ConsumerFailure, context: ViewContext): HTMLElement {
  const where = event === undefined ? "its checkpoint" : eventLink(event.position, context);
  return h(
    "div",
    {},
    h("p", { class: "quiet" }, "Failing at ", where, `, ${many(attempt, "attempt")} so far:`),
    problem(error),
  );
}
