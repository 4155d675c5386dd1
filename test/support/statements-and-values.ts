/** Random queries over random values, the same for the same seed in every runtime. It runs in Node, in browsers and in Durable Objects. */
import { isEventStoreError, type Event, type EventStore } from "rivulet";
import { defineReadModel, sql, table, type SqlInput } from "rivulet/read-models";
import { randomFrom, type Random } from "./random.ts";

/** A query, and what it came to: its rows, or the code of its error. Bytes are lists of numbers. */
export type QueryResult = readonly [query: string, result: unknown];

const QUERIES = 400;
const ROWS = 40;

type Filled = Event<"filled", { seed: number; plain: boolean }>;

const values = table("values", "n INTEGER PRIMARY KEY, a ANY, b TEXT, c REAL");

const model = defineReadModel<Filled>({
  name: "values",
  tables: [values],
  on: {
    filled({ data: { seed, plain } }) {
      const random = sourceFrom(seed, plain);
      return Array.from({ length: ROWS }, (_, n) => {
        const [text, real] = [pick(random, TEXTS), pick(random, REALS)];
        return sql`INSERT INTO ${values} VALUES (${n}, ${valueOf(random)}, ${text}, ${real})`;
      });
    },
  },
});

/**
 * Fills a read model with random values, and asks it random queries. `plain`: for older versions of SQLite, which write numbers with more
 * than 15 digits otherwise as text: without such numbers.
 */
export async function askAtRandom(store: EventStore, seed: number, plain = false): Promise<readonly QueryResult[]> {
  const opened = await store.readModel(model);
  await opened.caughtUp((await store.stream<Filled>("a").append({ type: "filled", data: { seed, plain } })).position);
  const random = sourceFrom(seed + 1, plain);
  const results: QueryResult[] = [];
  for (let index = 0; index < QUERIES; index++) {
    const query = queryOf(random);
    const result = await opened.query(query).then(
      (rows) => rows.map((row) => Object.values(row).map(comparable)),
      (error: unknown) => {
        if (!isEventStoreError(error)) throw error;
        return error.code;
      },
    );
    results.push([`${query.strings.join("$")} with ${JSON.stringify(query.values)}`, result]);
  }
  return results;
}

/** Libraries of mathematics differ in the last digits, also those of numbers so large that they are whole. */
function comparable(value: unknown): unknown {
  if (value instanceof Uint8Array) return Array.from(value);
  return typeof value === "number" && !Number.isSafeInteger(value) ? value.toPrecision(12) : value;
}

const TEXTS = ["", "a", "B", "7", " 8.5 ", "1e3", "a\0b", "\0", "é😀", "\ufeff", "it's", "%_", '{"a":[1,"x\\u0000"]}'];
const REALS = [0.5, -1.5, 1e-7, 2.5, -0.25, 1e15, 123456.789];
const WHOLE = [0, 1, -1, 2, 7, 255, -128, 2 ** 31, 2 ** 53 - 1, 1 - 2 ** 53];
const BYTES = [[], [0], [97, 0, 98], [255, 254], [0xc3, 0xa9]];

/** Random numbers, and what they may choose from. */
interface Source extends Random {
  readonly plain: boolean;
}

const sourceFrom = (seed: number, plain: boolean): Source => Object.assign(randomFrom(seed), { plain });

function valueOf(random: Source): SqlInput {
  const kinds: readonly (() => SqlInput)[] = [
    () => pick(random, TEXTS),
    () => pick(random, random.plain ? [0.5, -1.5] : REALS),
    () => pick(random, random.plain ? WHOLE.slice(0, 8) : WHOLE),
    () => new Uint8Array(pick(random, BYTES)),
    () => null,
  ];
  return pick(random, kinds)();
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[random.below(from.length)] as T;
}

/** A piece of SQL with values in it. */
interface Piece {
  readonly strings: readonly string[];
  readonly inputs: readonly SqlInput[];
}

function join(...parts: readonly (Piece | string)[]): Piece {
  const strings = [""];
  const inputs: SqlInput[] = [];
  for (const part of parts) {
    const { strings: own, inputs: given } = typeof part === "string" ? { strings: [part], inputs: [] } : part;
    strings.push(`${strings.pop() ?? ""}${own[0] ?? ""}`, ...own.slice(1));
    inputs.push(...given);
  }
  return { strings, inputs };
}

const bound = (input: SqlInput): Piece => ({ strings: ["", ""], inputs: [input] });

function queryOf(random: Source): ReturnType<typeof sql> {
  const from = bound(values);
  const shapes: readonly (() => Piece)[] = [
    () => join("SELECT ", expression(random, 3), " AS value"),
    () => join("SELECT ", root(random), " AS value"),
    () => join("SELECT n, ", expression(random, 2), " AS value, typeof(a) AS type FROM ", from, " ORDER BY n"),
    () => join("SELECT n FROM ", from, " WHERE ", expression(random, 2), " ORDER BY ", expression(random, 1), ", n"),
    () => join("SELECT b, count(*) AS count, max(a) AS most FROM ", from, " GROUP BY b ORDER BY b"),
    () => join("SELECT DISTINCT ", expression(random, 1), " AS value FROM ", from, " ORDER BY 1 LIMIT 9"),
    () => join("SELECT group_concat(b, ", expression(random, 1), ") AS value FROM ", from, " WHERE n < 9"),
  ];
  const { strings, inputs } = pick(random, shapes)();
  return sql(Object.assign([...strings], { raw: [...strings] }), ...inputs);
}

/** What may differ in its last digits is not computed with. */
function root(random: Random): Piece {
  const name = pick(random, ["ln", "log", "log2", "exp", "sin", "cos", "tan", "atan", "asin", "sinh", "radians"]);
  return join(`${name}(`, bound(pick(random, [...REALS, ...WHOLE.slice(0, 7), ...TEXTS])), ")");
}

const BINARY = ["+", "-", "*", "/", "%", "||", "=", "<", ">=", "IS", "IS NOT", "&", "|", "AND", "OR"];
const UNARY = (
  "abs length octet_length hex quote upper lower typeof unicode trim ltrim json_quote json_valid sqrt floor ceil trunc " +
  "round sign unhex json_array char  max min coalesce nullif"
).split(" ");
const CASTS = ["TEXT", "INTEGER", "REAL", "BLOB", "NUMERIC"];

function expression(random: Source, depth: number): Piece {
  if (depth === 0) return bound(valueOf(random));
  const inner = (): Piece => expression(random, depth - 1 - random.below(2) * (depth > 1 ? 1 : 0));
  const kinds: readonly (() => Piece)[] = [
    () => inner(),
    () =>
      join(
        "(",
        inner(),
        ` ${pick(random, random.plain ? BINARY.filter((one) => one !== "/" && one !== "*") : BINARY)} `,
        inner(),
        ")",
      ),
    () => join(`${pick(random, random.plain ? UNARY.filter((one) => one !== "sqrt") : UNARY)}(`, inner(), ")"),
    // better-sqlite3's SQLite is built so that patterns never match bytes.
    () => join("(CAST(", inner(), ` AS TEXT) ${pick(random, ["LIKE", "GLOB"])} CAST(`, inner(), " AS TEXT))"),
    () => join(`CAST(`, inner(), ` AS ${pick(random, CASTS)})`),
    // Older versions of SQLite take only 32 bits of a place in a text.
    () => join("substr(", inner(), ", ", bound(random.below(9) - 4), ", ", bound(random.below(9) - 4), ")"),
    () => join(pick(random, ["instr(", "mod(", "coalesce(", "nullif(", "max(", "min("]), inner(), ", ", inner(), ")"),
    () => join("replace(", inner(), ", ", inner(), ", ", inner(), ")"),
    () => join("CASE WHEN ", inner(), " THEN ", inner(), " ELSE ", inner(), " END"),
    () => join("json_extract(", inner(), ", '$.a[1]')"),
    () => join("printf('%s|%d|%.3f', ", inner(), ", ", inner(), ", ", inner(), ")"),
  ];
  return pick(random, kinds)();
}
