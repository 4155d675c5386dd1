import * as fc from "fast-check";
import type {
  AppendEntry,
  AppendOutcome,
  AppendRequest,
  CommittedEntry,
  EventRecord,
  Failure,
  KnownEvent,
  StoredRecord,
} from "rivulet/adapter";
import { expect, test } from "vitest";
import { packOutcomes, packRequests, unpackOutcomes, unpackRequests } from "../../dist/adapters/node/packed-appends.js";

/** An arbitrary for every property, so that another one does not compile until it is drawn as well. */
type Drawn<T> = { [Key in keyof T]-?: fc.Arbitrary<unknown> };

const list = (of: fc.Arbitrary<unknown>): fc.Arbitrary<unknown[]> => fc.array(of, { maxLength: 3 });
const text = fc.string({ unit: "binary", maxLength: 5 });
const object = (properties: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> =>
  fc.record(properties, { noNullPrototype: true });

/** Rarely has the optional properties, so that much is packed. */
function some<T>(properties: Drawn<T>, required: readonly (keyof T & string)[]): fc.Arbitrary<unknown> {
  const all = properties as Record<string, fc.Arbitrary<unknown>>;
  const bare = Object.fromEntries(required.map((key) => [key, all[key] as fc.Arbitrary<unknown>]));
  return fc.oneof(
    { weight: 9, arbitrary: fc.record(bare, { noNullPrototype: true }) },
    { weight: 1, arbitrary: fc.record(all, { requiredKeys: [...required], noNullPrototype: true }) },
  );
}

const EVENT: Drawn<EventRecord> = {
  id: text,
  type: text,
  schemaVersion: fc.nat(),
  data: fc.option(text),
  metadata: fc.option(text),
  drawn: fc.boolean(),
};
const event = some<EventRecord>(EVENT, ["id", "type", "schemaVersion", "data", "metadata"]);
const ENTRY: Drawn<AppendEntry> = {
  stream: text,
  expectedVersion: fc.constantFrom("any", "no-stream", "stream-exists", 0, 7),
  events: list(event),
  recordedAt: fc.nat(),
};
const REQUEST: Drawn<AppendRequest> = {
  entries: list(some<AppendEntry>(ENTRY, ["stream", "expectedVersion", "events"])),
  timestamp: fc.maxSafeNat(),
  freshIds: fc.boolean(),
  resentAfter: fc.nat(),
  unlessKept: text,
};
const requests = list(some<AppendRequest>(REQUEST, ["entries", "timestamp", "freshIds"]));

const RECORD: Drawn<StoredRecord> = {
  ...EVENT,
  position: fc.nat(),
  stream: text,
  version: fc.nat(),
  timestamp: fc.nat(),
};
const KNOWN: Drawn<KnownEvent> = { index: fc.nat(), record: object(RECORD) };
const COMMITTED: Drawn<CommittedEntry> = {
  position: fc.maxSafeNat(),
  version: fc.nat(),
  known: fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: list(object(KNOWN)) }),
  timestamp: fc.nat(),
};
type Stored = Extract<AppendOutcome, { ok: true }>;
const STORED: Drawn<Stored> = {
  ok: fc.constant(true),
  timestamp: fc.maxSafeNat(),
  entries: list(some<CommittedEntry>(COMMITTED, ["position", "version", "known"])),
};
const FAILURE: Drawn<Failure> = { code: text, message: text, details: fc.constant({ stream: "one" }) };
const outcomes = list(
  fc.oneof(
    { weight: 9, arbitrary: object(STORED) },
    {
      weight: 1,
      arbitrary: fc.record({ ok: fc.constant(false), failure: object(FAILURE) }, { noNullPrototype: true }),
    },
  ),
);

test("what is packed is unpacked as it was, and most appends are packed", () => {
  let packed = 0;
  fc.assert(
    fc.property(fc.nat(), requests, outcomes, (n, asked, answered) => {
      const request = packRequests(n, asked as readonly AppendRequest[]);
      const answer = packOutcomes(n, answered as readonly AppendOutcome[]);
      if (request !== undefined) expect(unpackRequests(structuredClone(request))).toStrictEqual(asked);
      if (answer !== undefined) expect(unpackOutcomes(structuredClone(answer))).toStrictEqual(answered);
      for (const one of [request, answer]) if (one !== undefined) expect(one[0]).toBe(n);
      packed += Number(request !== undefined) + Number(answer !== undefined);
    }),
    { numRuns: 400 },
  );
  expect(packed).toBeGreaterThan(400);
});
