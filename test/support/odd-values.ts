/** Uses a store with values that engines may treat differently. It runs in Node, in browsers and in Durable Objects. */
import type { Event, EventStore, StoredEvent } from "rivulet";
import { defineConsumer } from "rivulet/consumers";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table, type SqlInput } from "rivulet/read-models";

/** What a store was found to contain, and what it contains after one more use. As JSON it stays the same. */
export interface OddReport {
  readonly before: OddContents;
  readonly after: OddContents;
  /** The positions that the consumer was given now. */
  readonly consumed: readonly number[];
}

interface OddContents {
  readonly events: readonly StoredEvent[];
  readonly streams: readonly string[];
  /** The snapshot that is stored. */
  readonly snapshot: { readonly version: number; readonly state: unknown } | null;
  /** The rows of the read model; bytes as lists of numbers. */
  readonly rows: readonly (readonly unknown[])[];
  readonly parked: readonly string[];
}

type Odd = Event<"odd", unknown> | Event<"worse", unknown>;

const NESTED: unknown = Array.from({ length: 400 }).reduce((inner: unknown) => [inner], "deep");

/** The data of events. */
export const ODD_DATA: readonly unknown[] = [
  ...[0, 1, -1, 0.1, 2 ** 53 - 1, 1 - 2 ** 53, 2 ** 53, 1e21, 5e-324, Number.MAX_VALUE, -1e-7],
  ...["", "a\0b", "\0", "lone \ud800", "\udc00 lone", "\ufeffmark", "é 😀 \u{10ffff}", "\r\n\u2028", "'\"`\\"],
  ...[null, true, [], {}, NESTED, [[], {}, null], { "": 1, "\0": 2, "\ud800": 3, constructor: 4, é: 5 }],
  "ü".repeat(150_000),
];

/** The values of a read model's table. */
export const ODD_VALUES: readonly SqlInput[] = [
  ...[0, 2 ** 53 - 1, 1 - 2 ** 53, 0.1, 5e-324, Number.MIN_VALUE * 3, -1e-7, null, true],
  ...["", "a\0b", "\0\0", "\ufeffmark", "é 😀 \u{10ffff}", "7", "ü".repeat(30_000)],
  ...[new Uint8Array(), new Uint8Array([0, 97, 255])],
];

/** The names of streams, one for each event in turn. */
const NAMES = ["plain", "日本 😀", "x".repeat(255), "é\u0301'\"", "%_\\"];

const projection = defineProjection<unknown[], Odd>({
  name: "oddities",
  initial: () => [],
  on: { odd: (_state, { data, version }) => [version, typeof data === "string" ? data.slice(0, 9) : data, "\0\ud800"] },
  snapshots: { every: 1 },
});

const oddities = table("oddities", "n INTEGER PRIMARY KEY, value ANY");
const readModel = defineReadModel<Odd>({
  name: "oddities",
  tables: [oddities],
  on: {
    odd: ({ position }) =>
      sql`INSERT INTO ${oddities} VALUES (${position}, ${ODD_VALUES[position % ODD_VALUES.length]!})`,
  },
});

/** Looks at a store, appends every odd value, lets a projection, a read model and a consumer take them, and looks again. */
export async function useOddValues(store: EventStore): Promise<OddReport> {
  const model = await store.readModel(readModel);
  const consumed: number[] = [];
  const consumer = store.consume(
    defineConsumer<Odd>({
      name: "oddities",
      onError: "park",
      retry: { attempts: 1 },
      handler({ type, position }) {
        consumed.push(position);
        if (type === "worse") throw new Error("before\0after");
      },
    }),
  );
  const stream = (index: number) => store.stream<Odd>(NAMES[index % NAMES.length] as string);
  async function look(): Promise<OddContents> {
    await model.caughtUp();
    const rows = await model.query(sql`SELECT n, typeof(value) AS type, value FROM ${oddities} ORDER BY n`);
    return {
      events: await store.read().toArray(),
      streams: (await store.streams().toArray()).map(({ name }) => name),
      snapshot:
        (await stream(0)
          .loadSnapshot("oddities")
          .then((found) => found && { version: found.version, state: found.state })) ?? null,
      rows: rows.map((row) =>
        Object.values(row).map((value) => (value instanceof Uint8Array ? Array.from(value) : value)),
      ),
      parked: (await consumer.parked()).map(({ position, message }) => `${position} ${message}`),
    };
  }

  const before = await look();
  for (const [index, data] of ODD_DATA.entries()) {
    const id = index % 3 === 0 ? { id: `${"é".repeat(9)} ${before.events.length + index}` } : {};
    await stream(index).append({ type: "odd", data, metadata: { "a\0b": "c\0d", of: index }, ...id });
  }
  await stream(1).append({ type: "worse" });
  await stream(0).load(projection);
  await consumer.caughtUp();
  const after = await look();
  await consumer.close();
  return { before, after, consumed };
}
