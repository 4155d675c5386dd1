import { openEventStore, type EventStore, type StoredEvent } from "rivulet";
import { postgres } from "rivulet/postgres";
import { describe, expect, onTestFinished, test } from "vitest";
import { sqlText } from "../support/damage.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";

const EVENTS = 5;
const DAMAGED = 3;

/** Texts of data and metadata, alone and next to each other: JSON, damaged, and such that are JSON only together. */
const DATA = [
  null,
  "1",
  '{"a":[{}]}',
  "oops",
  '{"n":',
  "",
  "1,2",
  "1],[2",
  '1],[4,"a",4,"tx","happened",1,0,null,2',
  '"x',
];
const METADATA = [
  null,
  "null",
  "{}",
  '{"a":1}',
  '{"a":{"b":[{},{}]},"c":"}{"}',
  '{"a":"},{"}',
  "oops",
  "[1]",
  "",
  "null,1",
  "null,{}",
  "{},{}",
  '{},"x"',
  '{"a":1},{"n":4}',
  '{"a":{}},[{"n":4}]',
  '{}],[4,"a",4,"tx","happened",1,0,{}',
  'null],[4,"a",4,"tx","happened",1,0,null',
  '{"a":',
];

/** What a text is by itself; undefined if it is no JSON. */
function valueOf(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

/** What an event of these texts is; undefined if it is damaged. */
function truth(data: string | null, metadata: string | null): object | undefined {
  const [first, second] = [data === null ? { value: undefined } : valueOf(data), valueOf(metadata ?? "null")];
  if (first === undefined || typeof second?.value !== "object" || Array.isArray(second.value)) return undefined;
  return { data: first.value, metadata: second.value ?? {} };
}

const READINGS: readonly (readonly [string, (store: EventStore) => AsyncIterable<StoredEvent>])[] = [
  ["a read", (store) => store.read()],
  ["a filtered read", (store) => store.read({ types: ["happened"] })],
  ["a stream's read", (store) => store.stream("a").read()],
  ["a watch", (store) => store.watch({ streamPrefix: "a" })],
  ["a read backward", (store) => store.read({ direction: "backward" })],
];

describe.skipIf(mayBeLeftOut())("damaged rows in PostgreSQL", () => {
  const server = usePostgres();

  test("whatever texts an event has, it is what they are, or an error with its position after the events before it", async () => {
    const schema = "damaged_rows";
    const store = await openEventStore(postgres({ connectionString: server().connectionString, schema }));
    onTestFinished(() => store.close());
    await store
      .stream("a")
      .append(Array.from({ length: EVENTS }, (_, index) => ({ type: "happened", data: index + 1 })));
    const text = (value: string | null): string => (value === null ? "NULL" : sqlText(value));
    let damaged = 0;

    for (const data of DATA) {
      for (const metadata of METADATA) {
        await server().query(
          `UPDATE ${schema}.events SET data = ${text(data)}, metadata = ${text(metadata)} WHERE position = ${DAMAGED}`,
        );
        const expected = truth(data, metadata);
        if (expected === undefined) damaged++;
        for (const [name, reading] of READINGS) {
          const what = `${name}, data ${data}, metadata ${metadata}`;
          const order = name.includes("backward") ? [5, 4, 3, 2, 1] : [1, 2, 3, 4, 5];
          const { events, error } = await collect(reading(store));
          if (expected !== undefined) {
            expect([events.map(({ position }) => position), error], what).toEqual([order, undefined]);
            expect(events[2], what).toMatchObject(expected);
          } else {
            expect([events.map(({ position }) => position), error], what).toMatchObject([
              order.slice(0, 2),
              { code: "storage-corrupt", details: { position: DAMAGED } },
            ]);
          }
        }
      }
    }
    expect(damaged).toBeGreaterThan(50);
  });
});

/** Takes the events up to the last one, or to an error. */
async function collect(reading: AsyncIterable<StoredEvent>): Promise<{ events: StoredEvent[]; error?: unknown }> {
  const events: StoredEvent[] = [];
  try {
    for await (const event of reading) if (events.push(event) === EVENTS) break;
    return { events };
  } catch (error) {
    return { events, error };
  }
}
