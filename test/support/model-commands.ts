import * as fc from "fast-check";
import type { ExpectedVersion } from "rivulet";

export const STREAMS = ["order-1", "order-2", "cart", "日本"] as const;
const TYPES = ["placed", "paid"] as const;

/** An event to append; `pick` selects one of the events stored by then. */
export type EventPlan =
  | { readonly kind: "new"; readonly type: string; readonly data: unknown; readonly user: string | undefined }
  | { readonly kind: "named"; readonly name: number; readonly data: number }
  | { readonly kind: "again"; readonly pick: number }
  | { readonly kind: "altered"; readonly pick: number };

export interface EntryPlan {
  readonly stream: string;
  /** Goes to the stream of the first event that is appended again, so that this can succeed. */
  readonly followsKnown: boolean;
  readonly events: readonly EventPlan[];
  /** A number: the difference from the actual version. */
  readonly expected: ExpectedVersion | "current";
}

export interface ReadPlan {
  readonly stream: string | undefined;
  readonly options: {
    readonly after?: number | undefined;
    readonly upTo?: number | undefined;
    readonly limit?: number | undefined;
    readonly direction?: "forward" | "backward" | undefined;
    readonly asOf?: number | undefined;
    readonly types?: readonly string[] | undefined;
    readonly streams?: readonly string[] | undefined;
    readonly streamPrefix?: string | undefined;
    readonly metadata?: Readonly<Record<string, string>> | undefined;
  };
}

export type Command =
  /** Requests made in one turn of the event loop. */
  | { readonly do: "append"; readonly requests: readonly (readonly EntryPlan[])[] }
  | { readonly do: "read"; readonly reads: readonly ReadPlan[] }
  | { readonly do: "watch"; readonly read: ReadPlan }
  | { readonly do: "clock"; readonly time: number }
  | { readonly do: "look" }
  | { readonly do: "reopen" };

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

const event: fc.Arbitrary<EventPlan> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("new" as const),
      type: fc.constantFrom(...TYPES),
      data: fc.oneof(fc.constant(undefined), fc.jsonValue({ maxDepth: 2 }).map(normal)),
      user: optional(fc.constantFrom("ann", "bob")),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("named" as const), name: fc.nat(9), data: fc.nat(1) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("again" as const), pick: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("altered" as const), pick: fc.nat() }) },
);

const entry: fc.Arbitrary<EntryPlan> = fc.record({
  stream: fc.constantFrom(...STREAMS),
  followsKnown: fc.boolean(),
  events: fc.array(event, { minLength: 1, maxLength: 4 }),
  expected: fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom("any" as const, "current" as const) },
    { weight: 1, arbitrary: fc.constantFrom("no-stream" as const, "stream-exists" as const) },
    { weight: 1, arbitrary: fc.nat(8) },
  ),
});

const key = optional(fc.nat(60));

const filter = {
  types: optional(fc.subarray([...TYPES, "none"])),
  streams: optional(fc.subarray([...STREAMS])),
  streamPrefix: optional(fc.constantFrom("", "order", "order-2", "日", "x")),
  metadata: optional(fc.constantFrom({ user: "ann" }, { user: "" }, {})),
};

const bounds = {
  after: key,
  upTo: key,
  limit: optional(fc.nat(10)),
  direction: fc.constantFrom(undefined, "forward" as const, "backward" as const),
  asOf: optional(fc.nat(120)),
};

const read: fc.Arbitrary<ReadPlan> = fc.oneof(
  fc.record({
    stream: fc.constantFrom(...STREAMS, "none"),
    options: fc.record(bounds),
  }),
  fc.record({
    stream: fc.constant(undefined),
    options: fc.record({ ...bounds, ...filter }),
  }),
);

const requests: fc.Arbitrary<readonly (readonly EntryPlan[])[]> = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.tuple(entry) },
    { weight: 1, arbitrary: fc.array(entry, { minLength: 2, maxLength: 3 }) },
  ),
  { minLength: 1, maxLength: 6 },
);

/** Complete stories; their clock runs backward as often as forward. */
export const commands: fc.Arbitrary<Command[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant("append" as const), requests }) },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant("read" as const),
        reads: fc.array(read, { minLength: 1, maxLength: 3 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("watch" as const), read }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant("clock" as const), time: fc.nat(100) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("look" as const) }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen" as const) }) },
  ),
  { minLength: 1, maxLength: 40 },
);

/** Converts a value as JSON does: without -0, which JSON lacks. */
function normal(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
