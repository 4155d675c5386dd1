import { messageOf, wrapVerbs, type EventStorage } from "../../src/adapter.ts";
import { openEventStore, type EventStore, type Projection } from "../../src/index.ts";
import { inspectStore, type FoldedSteps } from "../../src/inspection/index.ts";
import { loadProjections } from "./replay.ts";

/** The most text that one answer has, in characters: of larger states, fewer steps are sent. */
const LARGEST = 20_000_000;

/** The states of projections that a module exports, for the inspector's page, which cannot load the module itself. */
export interface InspectStates {
  /** The names of the projections. */
  readonly names: readonly string[];
  /** Answers `stream`, `upTo` and `limit` of the projection with the number `projection`, as JSON. */
  answer(asked: URLSearchParams): Promise<string>;
}

export async function createInspectStates(storage: EventStorage, module: string | undefined): Promise<InspectStates> {
  if (module === undefined) return { names: [], answer: async () => JSON.stringify({ error: "no projections" }) };
  const projections = (await loadProjections(module)) as readonly Projection<unknown>[];
  const store = await openWithoutSaving(storage);
  return {
    names: projections.map(({ name }) => name),
    async answer(asked) {
      const projection = projections[Number(asked.get("projection"))];
      if (projection === undefined) return JSON.stringify({ error: "there is no such projection" });
      try {
        const folded = await inspectStore(store).steps(projection, {
          stream: asked.get("stream") ?? undefined,
          upTo: numberIn(asked, "upTo"),
          limit: numberIn(asked, "limit"),
        });
        return toAnswer(folded);
      } catch (error) {
        return JSON.stringify({ error: messageOf(error) });
      }
    },
  };
}

function numberIn(asked: URLSearchParams, name: string): number | undefined {
  const text = asked.get(name);
  return text === null ? undefined : Number(text);
}

/** States that an event has not changed are sent once, and the oldest steps are left out if all are too large. */
function toAnswer({ state, position, steps, error }: FoldedSteps<unknown>): string {
  const texts: string[] = [];
  const numbers = new Map<unknown, number>();
  let size = 0;
  const numberOf = (value: unknown): number => {
    const known = numbers.get(value);
    if (known !== undefined) return known;
    const text = JSON.stringify(value) ?? "null";
    size += text.length;
    numbers.set(value, texts.length);
    return texts.push(text) - 1;
  };
  const last = numberOf(state);
  const sent: object[] = [];
  for (const { event, before, after } of [...steps].sort((one, other) => other.event.position - one.event.position)) {
    sent.unshift({ event, after: numberOf(after), before: numberOf(before) });
    if (size > LARGEST) break;
  }
  const rest = JSON.stringify({
    position,
    state: last,
    steps: sent,
    ...(error !== undefined && { error: messageOf(error) }),
  });
  return `{"states":[${texts.join(",")}],"folded":${rest}}`;
}

/** Folding uses the snapshots that are there, and saves none: the database is only shown. */
function openWithoutSaving(storage: EventStorage): Promise<EventStore> {
  const kept = wrapVerbs(storage, (verb, name) => (name === "saveSnapshot" ? async () => undefined : verb));
  return openEventStore({
    name: "inspect",
    open: async () => ({ storage: { ...kept, close: async () => undefined }, verbs: {} }),
  });
}
