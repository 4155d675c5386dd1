import { matches, type EventStore } from "../../../index.ts";
import { defineEvents } from "../../../events/index.ts";
import { ndjson } from "../../../ndjson/index.ts";
import { equal } from "../../assert.ts";
import { numbered, type Case } from "../../context.ts";
import { fixedClock } from "../../fixed-clock.ts";
import { line, toBytes } from "../../lines.ts";

/** Over several streams, types and times, with what is hard to carry. */
async function fill(store: EventStore, clock: { set(time: number): void }): Promise<void> {
  clock.set(1_000);
  await store.stream("a").append(numbered(3));
  await store.append([
    {
      stream: 'b \t\u2028"\\',
      events: [{ type: "t\n", id: "line\nfeed", data: { "": [null, "\u0000", "\ud83d\ude00", 1e-7] } }],
    },
    { stream: "a", events: numbered(2, 4) },
  ]);
  clock.set(2_000);
  await store.stream("c").append([{ type: "bare" }, { type: "null", data: null, metadata: { by: "ada", tags: [1] } }]);
  await store.stream("a").append({ type: "text", data: "\r\n\ufeff\ud800", metadata: { by: "bob" } });
}

async function* piecesOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += size) yield bytes.slice(start, start + size);
}

export const ndjsonCases: readonly Case[] = [
  {
    name: "an export imported into an empty store gives an equal store, with the same export",
    async run({ open }) {
      const clock = fixedClock();
      const store = await open({ clock });
      await fill(store, clock);
      const text = (await store.exportEvents(ndjson).toArray()).join("");
      equal(text.split("\n").length, 10, "lines, and what follows the last");

      const copy = await open({ clock: fixedClock(9_000) });
      const result = await copy.importEvents(ndjson, text);
      equal(
        result,
        { lines: 9, imported: 9, deduplicated: 0, skipped: 0, retimed: 0, renumbered: 0 },
        "the result of the import",
      );
      equal(await copy.read().toArray(), await store.read().toArray(), "the events");
      equal((await copy.exportEvents(ndjson).toArray()).join(""), text, "the export of the copy");
    },
  },
  {
    name: "an import accepts text and bytes in pieces of any size, line ends of any kind, and empty lines",
    async run({ open }) {
      const ends = ["\n", "\r\n", "\n\n", "\n \n"];
      const text =
        ends.map((end, n) => line({ id: `${n}`, data: n }).trim() + end).join("") + line({ id: "last" }).trim();
      const sources = {
        text,
        bytes: toBytes(text),
        "single characters": text.split(""),
        "single bytes": piecesOf(toBytes(text), 1),
        "pieces of 7 bytes": piecesOf(toBytes(text), 7),
        "a byte order mark": ["\ufeff", text],
        "the mark's bytes": [Uint8Array.of(0xef, 0xbb, 0xbf), toBytes(text)],
        "a reader": readerOf([toBytes(text).slice(0, 50), toBytes(text).slice(50)]),
      };
      for (const [name, source] of Object.entries(sources)) {
        const store = await open();
        const { imported } = await store.importEvents(ndjson, source);
        equal(imported, 5, `events imported from ${name}`);
        equal(
          (await store.read().toArray()).map(({ id }) => id),
          ["0", "1", "2", "3", "last"],
          `ids imported from ${name}`,
        );
      }
    },
  },
  {
    name: "a repeated import stores nothing twice, and completes one that was cut off",
    async run({ open }) {
      const clock = fixedClock();
      const store = await open({ clock });
      await fill(store, clock);
      const text = (await store.exportEvents(ndjson).toArray()).join("");
      const copy = await open({ clock: fixedClock(9_000) });
      const lines = text.split("\n");

      await copy.importEvents(ndjson, lines.slice(0, 4).join("\n"));
      equal(await copy.head(), 4, "the head after the first part");
      const completed = await copy.importEvents(ndjson, text);
      equal([completed.imported, completed.deduplicated, completed.retimed], [5, 4, 0], "imported, known, retimed");
      equal(await copy.read().toArray(), await store.read().toArray(), "the events");
      const again = await copy.importEvents(ndjson, text + text);
      equal([again.imported, again.deduplicated], [0, 18], "imported and known, the third time, twice over");
      const twice = await (await open()).importEvents(ndjson, text + text);
      equal([twice.imported, twice.deduplicated], [9, 9], "imported and known, twice over at the first time");
    },
  },
  {
    name: "imported events keep their times unless these run backwards; then they get the time of the import",
    async run({ open }) {
      const clock = fixedClock(5_000);
      const store = await open({ clock });
      await store.stream("own").append(numbered(1));
      clock.set(8_000);
      const times = [4_999, 7_999, 8_000, 9_000, undefined, 8_999];
      const text = times.map((timestamp, n) => line({ id: `${n}`, timestamp })).join("");

      const result = await store.importEvents(ndjson, text);
      equal(
        (await store.stream("s").read().toArray()).map(({ timestamp }) => timestamp),
        [8_000, 8_000, 8_000, 9_000, 9_000, 9_000],
        "times",
      );
      equal(result.retimed, 3, "how many the result says did not keep theirs");
    },
  },
  {
    name: "an event that has another version in its stream than its line says is counted",
    async run({ open }) {
      const store = await open();
      await store.stream("s").append(numbered(1));
      const text = line({ id: "1", version: 1 }) + line({ id: "2", version: 3 }) + line({ id: "3" });
      equal((await store.importEvents(ndjson, text)).renumbered, 1, "renumbered");
      equal(await store.stream("s").version(), 4, "version");
    },
  },
  {
    name: "events are exported and imported as they are stored, whatever upcasters the code has",
    async run({ open }) {
      const text = line({ id: "1", schemaVersion: 1, data: "old" }) + line({ id: "2", type: "gone" });
      const events = defineEvents({ t: { version: 2, upcast: { 1: (data) => ({ text: data }) } } });
      const store = await open({ events });
      await store.importEvents(ndjson, text);
      equal(
        (await store.read({ types: ["t"] }).toArray()).map(({ data }) => data),
        [{ text: "old" }],
        "what is read",
      );
      const lines = (await store.exportEvents(ndjson).toArray()).join("").trim().split("\n");
      equal(
        lines
          .map((one) => JSON.parse(one) as Record<string, unknown>)
          .map(({ type, data, schemaVersion }) => [type, data, schemaVersion]),
        [
          ["t", "old", 1],
          ["gone", undefined, 1],
        ],
        "what is exported",
      );
    },
  },
  {
    name: "an export begins after a position, takes a filter, ends at a bound, and reports its progress",
    async run({ open }) {
      const clock = fixedClock();
      const store = await open({ clock });
      await fill(store, clock);
      const all = await store.read().toArray();
      const exported = async (options: Parameters<EventStore["exportEvents"]>[1]): Promise<unknown[]> => {
        const text = (await store.exportEvents(ndjson, options).toArray()).join("");
        return text
          .split("\n")
          .slice(0, -1)
          .map((one) => (JSON.parse(one) as { position: number }).position);
      };
      equal(await exported({ after: 6 }), [7, 8, 9], "after 6");
      equal(await exported({ after: 2, upTo: 4 }), [3, 4], "after 2, up to 4");
      equal(await exported({ after: 99 }), [], "after 99");
      equal(await exported({ asOf: 1_500 }), [1, 2, 3, 4, 5, 6], "as of 1,500");
      const filter = { streams: ["a"], metadata: { by: "bob" } };
      const found = all.filter((event) => matches(filter, event)).map(({ position }) => position);
      equal(await exported(filter), found, "filtered");

      const progress: unknown[] = [];
      await exported({ types: ["null"], onProgress: (now) => void progress.push(now) });
      equal(progress.at(-1), { done: 9, total: 9 }, "the last progress");
      const past = (await store.at(2).exportEvents(ndjson).toArray()).join("");
      equal(past.split("\n").length, 3, "lines of the past, and what follows the last");
    },
  },
];

/** As a browser's stream that cannot be iterated over. */
function readerOf(pieces: Uint8Array[]): {
  getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }>; cancel(): Promise<void> };
} {
  return {
    getReader: () => ({
      read() {
        const value = pieces.shift();
        return Promise.resolve(value === undefined ? { done: true } : { done: false, value });
      },
      cancel: () => Promise.resolve(),
    }),
  };
}
