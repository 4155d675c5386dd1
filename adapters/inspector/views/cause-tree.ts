import type { StoredEvent } from "../../../src/index.ts";
import type { Inspection } from "../../../src/inspection/index.ts";
import { h } from "../parts/dom.ts";
import { count } from "../parts/text.ts";
import { typeMark } from "../parts/type-mark.ts";

/** The most related events that are shown. */
const MOST = 200;

/** The events of one correlation. */
export interface Related {
  readonly events: readonly StoredEvent[];
  /** Whether there are more. */
  readonly more: boolean;
}

/** Reads the events that an event's correlation connects: the first one, and all that have its id as their `correlationId`. */
export async function readRelated(inspection: Inspection, { id, metadata }: StoredEvent): Promise<Related> {
  const { correlationId } = metadata;
  const root = typeof correlationId === "string" ? correlationId : id;
  const [first, others] = await Promise.all([
    inspection.read({ ids: [root] }).toArray(),
    inspection.read({ metadata: { correlationId: root }, limit: MOST + 1 }).toArray(),
  ]);
  const all = new Map([...first, ...others.slice(0, MOST)].map((event) => [event.id, event]));
  return { events: [...all.values()].sort((a, b) => a.position - b.position), more: others.length > MOST };
}

/** Shows which event caused which. */
export function causeTree(
  { events, more }: Related,
  current: StoredEvent,
  onEvent: (event: StoredEvent) => void,
): HTMLElement {
  if (events.length < 2) {
    const { correlationId, causationId } = current.metadata;
    const named = correlationId ?? causationId;
    const text = named === undefined ? "No other event names it." : "The events that it names are not in this store.";
    return h("p", { class: "quiet" }, text);
  }
  const ids = new Set(events.map(({ id }) => id));
  const childrenOf = new Map<string | undefined, StoredEvent[]>();
  for (const event of events) {
    const { causationId } = event.metadata;
    const cause = typeof causationId === "string" && causationId !== event.id ? causationId : undefined;
    const parent = cause !== undefined && ids.has(cause) ? cause : undefined;
    childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), event]);
  }
  const drawn = new Set<string>();

  function branch(list: readonly StoredEvent[]): HTMLElement {
    // Damaged metadata may form a circle: each event is drawn once.
    const fresh = list.filter(({ id }) => !drawn.has(id) && drawn.add(id));
    return h("ul", { class: "causes" }, ...fresh.map((event) => leaf(event)));
  }

  function leaf(event: StoredEvent): HTMLElement {
    const isCurrent = event.id === current.id;
    const children = childrenOf.get(event.id) ?? [];
    return h(
      "li",
      {},
      h(
        "button",
        {
          type: "button",
          class: "cause",
          "aria-current": isCurrent ? "true" : undefined,
          onclick: () => onEvent(event),
        },
        typeMark(event.type),
        h("span", { class: "quiet" }, `${event.stream} · ${count(event.position)}`),
      ),
      children.length > 0 && branch(children),
    );
  }

  return h(
    "div",
    {},
    branch(childrenOf.get(undefined) ?? events),
    more && h("p", { class: "quiet" }, `The first ${MOST} are shown.`),
  );
}
