import { ndjson } from "../../../ndjson/index.ts";
import { handSignal } from "../../abort.ts";
import type { EventStoreError } from "../../../errors.ts";
import { equal, fails, ok } from "../../assert.ts";
import { fixedClock } from "../../fixed-clock.ts";
import { numbersOf, type Case } from "../../context.ts";
import { line, toBytes } from "../../lines.ts";

/** Of these JSON.parse would lose something, and what the error says. */
const LOST: readonly (readonly [string, string])[] = [
  ["12345678901234567890", "would become 12345678901234567000"],
  ["-9007199254740993", "would become -9007199254740992"],
  ["0.12345678901234567890", "would become 0.12345678901234568"],
  ["1e400", "would become Infinity"],
  ["-1e400", "would become -Infinity"],
  ["1e-400", "would become 0"],
  ['{"a":1,"a":2}', "duplicate key"],
  ['{"a":1,"b":{"a":1},"\\u0061":1}', "duplicate key"],
];

/** What JSON.parse keeps, and how it is written again. */
const KEPT: readonly (readonly [string, string])[] = [
  ['{"__proto__":{"__proto__":1},"constructor":2}', '{"__proto__":{"__proto__":1},"constructor":2}'],
  ['[{"a":1},{"a":{"a":1}}]', '[{"a":1},{"a":{"a":1}}]'],
  ['{"a":"\\\\","\\"a":"\\",\\"a\\":1e400"}', '{"a":"\\\\","\\"a":"\\",\\"a\\":1e400"}'],
  ['["\\ud800","12345678901234567890","\\u0000"]', '["\\ud800","12345678901234567890","\\u0000"]'],
  ["[1.50, 1E3, 0.00, -0, 0e999, 100000000000000000000000e-2]", "[1.5,1000,0,0,0,1e+21]"],
  [
    "[9007199254740992,18446744073709552000,1e+300,5e-324,0.30000000000000004]",
    "[9007199254740992,18446744073709552000,1e+300,5e-324,0.30000000000000004]",
  ],
];

/** Lines in which a JSON text stands, by the path to it. */
function placesOf(json: string): Record<string, string> {
  const fill = (text: string): string => text.replace("null", json);
  const inside = { b: [0, { c: null }] };
  return {
    data: fill(line({ id: "2", data: null })),
    "data.b[1].c": fill(line({ id: "2", data: inside })),
    "metadata.b[1].c": fill(line({ id: "2", metadata: inside })),
    'metadata.quo"te': fill(line({ id: "2", metadata: { 'quo"te': null } })),
    timestamp: fill(line({ id: "2", timestamp: null })),
    ...(json.startsWith("{") && { "": `${json}\n` }),
  };
}

export const badImportCases: readonly Case[] = [
  {
    name: "an invalid line is named, the lines before it are stored, and none after it",
    async run({ open }) {
      const lines = ["1", "2", "3", "4"].map((id) => line({ id, data: id }));
      const bad: Record<string, string> = {
        "no JSON": '{"stream":"s","id":"x\n',
        "no event": "[]\n",
        "no id": line({}),
        "no stream": line({ id: "x", stream: undefined }),
        "a line's id with other data": line({ id: "1", data: "other" }),
        "a stored id with other data": line({ id: "stored", data: "other" }),
        "a property that means nothing": line({ id: "x", meta: {} }),
        "a reserved type": line({ id: "x", type: "$t" }),
        "metadata that is no object": line({ id: "x", metadata: [] }),
        "a time that is none": line({ id: "x", timestamp: -1 }),
        "two streams": line({ id: "x" }).replace("{", '{"stream":"other",'),
        "a version that is none": line({ id: "x", version: 0 }),
      };
      for (const [what, broken] of Object.entries(bad)) {
        const store = await open();
        await store.stream("s").append({ type: "t", id: "stored" });
        const text = [lines[0], lines[1], broken, lines[2], lines[3]].join("");
        const { details } = await fails(store.importEvents(ndjson, text), "import-failed", what);
        equal([details.line, details.result.imported], [3, 2], `line, and events imported before it: ${what}`);
        equal(await store.head(), 3, `head: ${what}`);

        const told: number[] = [];
        const onError = (error: { details: { line: number } }): void => void told.push(error.details.line);
        const result = await store.importEvents(ndjson, text, { onError });
        equal([told, result.imported, result.skipped], [[3], 2, 1], `lines told, imported, skipped: ${what}`);
        equal(await store.head(), 5, `head, where it was asked to go on: ${what}`);
      }
    },
  },
  {
    name: "a time more than a day ahead of the clock, which all later events would get, is refused unless it is allowed",
    async run({ open }) {
      const day = 86_400_000;
      const clock = fixedClock(1_000_000);
      const store = await open({ clock });
      for (const timestamp of [clock() + day + 1, Number.MAX_SAFE_INTEGER]) {
        const text = line({ id: "1" }) + line({ id: "2", timestamp });
        const { details, cause } = await fails(
          store.importEvents(ndjson, text),
          "import-failed",
          `a time of ${timestamp}`,
        );
        equal([details.line, (cause as EventStoreError).code], [2, "invalid-argument"], "line and cause");
        ok((cause as Error).message.includes(`timestamp ${timestamp}`), "the cause names it");
      }
      await store.importEvents(ndjson, line({ id: "3", timestamp: clock() + day }));
      clock.advance(day);
      const appended = await store.stream("later").append({ type: "later" });
      equal(appended.events[0]?.timestamp, clock(), "the time of what is appended later");

      const far = clock() + 2 * day;
      await store.importEvents(ndjson, line({ id: "4", timestamp: far }), { allowFutureTimes: true });
      const after = await store.stream("later").append({ type: "later" });
      equal(after.events[0]?.timestamp, far, "the time of what is appended after what was asked for");

      const lastDate = 8.64e15;
      const { cause } = await fails(
        store.importEvents(ndjson, line({ id: "5", timestamp: lastDate + 1 }), { allowFutureTimes: true }),
        "import-failed",
        "a time that no Date has",
      );
      equal((cause as EventStoreError).code, "invalid-argument", "cause of a time that no Date has");
      await store.importEvents(ndjson, line({ id: "6", timestamp: lastDate }), { allowFutureTimes: true });
      const last = await store.stream("later").append({ type: "later" });
      equal(last.events[0]?.timestamp, lastDate, "the last time of all");
    },
  },
  {
    name: "content that JSON.parse would lose is refused with its line and path, wherever in a line it is",
    async run({ open }) {
      for (const [json, why] of LOST) {
        for (const [at, text] of Object.entries(placesOf(json))) {
          const store = await open();
          const attempt = store.importEvents(ndjson, line({ id: "1" }) + text + line({ id: "3" }));
          const { details, message, cause } = await fails(attempt, "import-failed", text);
          equal([details.line, await store.head()], [2, 1], `line and head: ${text}`);
          const path = why.startsWith("duplicate") ? (at === "" ? "a" : `${at}.a`) : at;
          equal((cause as EventStoreError<"invalid-argument">).details.argument, path, `path: ${text}`);
          ok(message.startsWith(`line 2: ${path}: `) && message.includes(why), `${message} should say ${why}: ${text}`);
        }
      }
    },
  },
  {
    name: "a name with NUL or a lone surrogate, however it is written, is refused with its line",
    async run({ open }) {
      for (const field of ["stream", "type", "id"]) {
        for (const [escape, why] of [
          ["\\u0000", "NUL"],
          ["\\ud800", "surrogates"],
        ] as const) {
          const store = await open();
          const text = line({ id: "1" }) + line({ id: "2", [field]: "NAME" }).replace("NAME", `a${escape}b`);
          const { details, message } = await fails(store.importEvents(ndjson, text), "import-failed", text);
          equal([details.line, await store.head()], [2, 1], `line and head: ${text}`);
          ok(message.includes(field) && message.includes(why), `${message} should name ${field} and ${why}`);
        }
      }
    },
  },
  {
    name: "content that JSON.parse keeps is imported: keys of any name, the same key in several objects, numbers in any notation",
    async run({ open }) {
      const store = await open();
      for (const [index, [json, kept]] of KEPT.entries()) {
        const text = `{"stream":"s","type":"t","id":"${index}","data":${json},"metadata":{"m":${json}}}\n`;
        await store.importEvents(ndjson, text);
        const [event] = await store.read({ after: index }).toArray();
        equal([JSON.stringify(event?.data), JSON.stringify(event?.metadata["m"])], [kept, kept], json);
      }
    },
  },
  {
    name: "a value nested 100,000 deep is refused with its line, wherever it is",
    async run({ open }) {
      const store = await open();
      const deep = "[".repeat(100_000) + "]".repeat(100_000);
      const lines = ["data", "metadata", "stream", "position", "timestamp"].map((field) =>
        line({ id: "2", [field]: null }).replace("null", deep),
      );
      for (const text of [...lines, deep]) {
        const attempt = store.importEvents(ndjson, `${line({ id: "1" })}${text}\n`);
        const { details } = await fails(attempt, "import-failed", text.slice(0, 60));
        equal([details.line, await store.head()], [2, 1], `line and head: ${text.slice(0, 60)}`);
      }
    },
  },
  {
    name: "bytes that are not UTF-8 are an invalid line, not another text",
    async run({ open }) {
      const store = await open();
      const bytes = toBytes(line({ id: "1" }) + line({ id: "2", data: "x" }) + line({ id: "3" }));
      bytes[bytes.indexOf("x".charCodeAt(0))] = 0xff;
      const { details } = await fails(store.importEvents(ndjson, bytes), "import-failed", "the import");
      equal([details.line, await store.head()], [2, 1], "line and head");
    },
  },
  {
    name: "an import reports what is on disk, and an aborted one keeps that and can be repeated",
    async run({ open }) {
      const store = await open();
      const lines = Array.from({ length: 2_500 }, (_, n) => line({ id: `${n}`, data: { n } }));
      const stop = handSignal();
      const told: number[] = [];
      const importing = store.importEvents(ndjson, lines.join(""), {
        signal: stop,
        onProgress({ imported }) {
          told.push(imported);
          stop.abort(new Error("enough"));
        },
      });
      equal(await importing.catch((error: unknown) => (error as Error).message), "enough", "the reason");
      equal(told, [await store.head()], "what was told, and the head");

      await store.importEvents(ndjson, lines);
      equal(
        numbersOf(await store.read().toArray()),
        Array.from({ length: 2_500 }, (_, n) => n),
        "numbers",
      );
    },
  },
  {
    name: "an import whose source never answers ends with its signal, and one whose source fails ends with that",
    async run({ open }) {
      const store = await open();
      const stop = handSignal();
      const silent = { next: () => new Promise<never>(() => undefined), [Symbol.asyncIterator]: () => silent };
      const importing = store.importEvents(ndjson, silent, { signal: stop });
      stop.abort(new Error("enough"));
      equal(await importing.catch((error: unknown) => (error as Error).message), "enough", "the reason");

      async function* breaking(): AsyncGenerator<string> {
        yield line({ id: "1" });
        throw new Error("the line was cut");
      }
      const message = await store.importEvents(ndjson, breaking()).catch((error: unknown) => (error as Error).message);
      equal(message, "the line was cut", "the source's error");
    },
  },
  {
    name: "invalid arguments of exports and imports are refused, and nothing is written",
    async run({ open }) {
      const store = await open();
      const none = undefined as never;
      await fails(store.importEvents(ndjson, none), "invalid-argument", "no source");
      await fails(store.importEvents(ndjson, [none]), "invalid-argument", "a piece that is none");
      await fails(
        store.importEvents(ndjson, ["{", Uint8Array.of(125)]),
        "invalid-argument",
        "text and bytes in one line",
      );
      await fails(store.importEvents(ndjson, "", { onerror: 1 } as object), "invalid-argument", "a misspelt option");
      const reading = async (options: object): Promise<unknown> => store.exportEvents(ndjson, options).toArray();
      await fails(reading({ afer: 1 }), "invalid-argument", "a misspelt option");
      await fails(reading({ after: -1 }), "invalid-argument", "a position that is none");
      equal(await store.head(), 0, "head");
      await store.close();
      await fails(store.importEvents(ndjson, line({ id: "1" })), "store-closed", "an import");
      await fails(reading({}), "store-closed", "an export");
    },
  },
];
