/** Stories of projections, to be played where there is a test runner and where there is none. */
import * as fc from "fast-check";
import { openEventStore, type Adapter, type StoredEvent } from "rivulet";
import { defineProjection } from "rivulet/projections";
import { fixedClock } from "rivulet/testing";

const STREAMS = ["a", "b", "c"] as const;

type Step =
  | { readonly do: "append"; readonly entries: readonly (readonly [string, number])[] }
  | { readonly do: "load" | "live"; readonly projection: number; readonly stream: string | undefined }
  | {
      readonly do: "past";
      readonly projection: number;
      readonly stream: string | undefined;
      readonly upTo: number | undefined;
      readonly asOf: number | undefined;
    };

const stream = fc.constantFrom(...STREAMS, undefined);
const projection = fc.nat(2);
const past = fc.record({
  do: fc.constant("past" as const),
  projection,
  stream,
  upTo: fc.option(fc.nat(30), { nil: undefined }),
  asOf: fc.option(fc.nat(300), { nil: undefined }),
});
const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("append" as const),
        entries: fc.array(fc.tuple(fc.constantFrom(...STREAMS), fc.integer({ min: 1, max: 5 })), {
          minLength: 1,
          maxLength: 3,
        }),
      }),
    },
    { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("load" as const, "live" as const), projection, stream }) },
    { weight: 2, arbitrary: past },
  ),
  { minLength: 5, maxLength: 30, size: "max" },
);
const policies = fc.record({ every: fc.integer({ min: 1, max: 6 }), keep: fc.integer({ min: 1, max: 4 }) });

/** States that tell which events were folded and in which order: three projections, two of them schemas of one name. */
function definitions(policy: { every: number; keep: number }) {
  const define = (name: string, schema: number, first: string) =>
    defineProjection<string[]>({
      name,
      schema,
      initial: () => [first],
      on: { counted: (state, { stream: from, version }) => [...state, `${from}${version}`] },
      snapshots: policy,
    });
  return [define("trace", 1, "one"), define("trace", 2, "two"), define("other", 1, "other")];
}

/**
 * Plays so many stories, each in a store of its own, and rejects with the shortest one in which a state loaded through snapshots
 * is not the state from the start.
 */
export async function playProjectionStories(adapter: () => Adapter, numRuns: number): Promise<void> {
  const stories = fc.asyncProperty(steps, policies, async (story, policy) => {
    const clock = fixedClock(50);
    await using store = await openEventStore(adapter(), { clock });
    const projections = definitions(policy);
    const firsts = ["one", "two", "other"];
    const trace = (which: number, events: readonly StoredEvent[]): string[] => [
      firsts[which] as string,
      ...events.map(({ stream: from, version }) => `${from}${version}`),
    ];
    for (const step of story) {
      if (step.do === "append") {
        clock.advance(10);
        const events = (count: number) => Array.from({ length: count }, () => ({ type: "counted" }));
        await store.append(step.entries.map(([name, count]) => ({ stream: name, events: events(count) })));
        continue;
      }
      const chosen = projections[step.projection] as (typeof projections)[number];
      const bounds = step.do === "past" ? { upTo: step.upTo, asOf: step.asOf } : {};
      const reader = step.stream === undefined ? store.read(bounds) : store.stream(step.stream).read(bounds);
      const expected = trace(step.projection, await reader.toArray());
      if (step.do === "live") {
        await using live = store.project(chosen, { stream: step.stream });
        same((await live.caughtUp()).state, expected);
      } else {
        const loaded =
          step.stream === undefined
            ? await store.load(chosen, bounds)
            : await store.stream(step.stream).load(chosen, bounds);
        same(loaded.state, expected);
        if ("version" in loaded) same(loaded.version, expected.length - 1);
      }
    }
  });
  await fc.assert(stories, { numRuns });
}

function same(actual: unknown, expected: unknown): void {
  const [found, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (found !== wanted) throw new Error(`${found} instead of ${wanted}`);
}
