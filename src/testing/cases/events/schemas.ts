import { defineEvents, type StandardSchema } from "../../../events/index.ts";
import { equal, fails } from "../../assert.ts";
import { type Case } from "../../context.ts";

/** A Standard Schema by hand: `{ by }`, a whole number from 1, or a text of one, or absent for 1; what else there is is dropped. */
const counting: StandardSchema<{ by: number }> = {
  "~standard": {
    version: 1,
    vendor: "by hand",
    validate(value) {
      const { by = 1 } = (value ?? {}) as { by?: unknown };
      const number = Number(by);
      if (Number.isInteger(number) && number > 0) return { value: { by: number } };
      return { issues: [{ message: "a whole number from 1 is expected", path: ["by"] }, { message: "really" }] };
    },
  },
};

function answering(validate: () => unknown): StandardSchema {
  return { "~standard": { version: 1, vendor: "by hand", validate: validate as never } };
}

const events = defineEvents({
  incremented: { schema: counting, version: 2, upcast: {} },
  listed: { schema: answering(() => ({ issues: [{ message: "no", path: [{ key: "list" }, 3, "x"] }] })) },
  noted: {},
});

export const eventSchemaCases: readonly Case[] = [
  {
    name: "an append is validated by the schemas, with the path in the error, and nothing of it is written",
    async run({ open }) {
      const store = await open({ events });
      const right = { type: "incremented", data: { by: 2 } };
      const entries = [
        { stream: "a", events: right },
        { stream: "b", events: [right, { type: "incremented", data: { by: 0 } }] },
      ];
      const error = await fails(store.append(entries), "invalid-event", "a wrong one");
      equal(error.details.path, "entries[1].events[1].data.by", "path");
      equal(error.message, "entries[1].events[1].data.by: a whole number from 1 is expected (and 1 more)", "message");
      const nested = await fails(store.stream("a").append({ type: "listed" }), "invalid-event", "nested");
      equal(nested.details.path, "events[0].data.list[3].x", "path");
      equal(await store.head(), 0, "head");
    },
  },
  {
    name: "the output of the schema is stored, with the version of its definition",
    async run({ open }) {
      const store = await open({ events });
      const given = [{}, { by: "3", extra: true }, undefined].map((data) => ({ type: "incremented", data }));
      const { events: stored } = await store
        .stream("a")
        .append([...given, { type: "noted", data: [1] }, { type: "noted" }]);
      equal(
        stored.map(({ data }) => data),
        [{ by: 1 }, { by: 3 }, { by: 1 }, [1], undefined],
        "data",
      );
      equal(
        stored.map(({ schemaVersion }) => schemaVersion),
        [2, 2, 2, 1, 1],
        "versions",
      );
      equal(await store.read().toArray(), stored, "read");
    },
  },
  {
    name: "a schema that is asynchronous, throws, or returns nothing or no JSON is refused with its path",
    async run({ open }) {
      const bad = defineEvents({
        late: { schema: answering(() => Promise.reject(new Error("late"))) },
        thrown: {
          schema: answering(() => {
            throw new Error("thrown");
          }),
        },
        dated: { schema: answering(() => ({ value: { at: new Date(0) } })) },
        silent: { schema: answering(() => undefined) },
      });
      const stream = (await open({ events: bad })).stream("a");
      const late = await fails(stream.append({ type: "late" }), "invalid-argument", "late");
      equal(late.details.argument, "events.late.schema", "argument");
      const thrown = await fails(stream.append({ type: "thrown" }), "invalid-event", "thrown");
      equal([thrown.details.path, (thrown.cause as Error).message], ["events[0].data", "thrown"], "path, cause");
      const dated = await fails(stream.append({ type: "dated" }), "invalid-event", "dated");
      equal(dated.details.path, "events[0].data.at", "path");
      const silent = await fails(stream.append({ type: "silent" }), "invalid-event", "silent");
      equal(silent.details.path, "events[0].data", "path");
      equal(await stream.version(), 0, "version");
    },
  },
  {
    name: "an event of an undefined type is refused, and accepted if unknown events are allowed",
    async run({ open }) {
      for (const type of ["other", "constructor", "__proto__", "toString"]) {
        const strict = await open({ events });
        const error = await fails(strict.stream("a").append({ type, data: 1 }), "invalid-event", type);
        equal(error.details.path, "events[0].type", "path");
        const lenient = await open({ events, unknownEvents: "pass" });
        const [stored] = (await lenient.stream("a").append({ type, data: 1 })).events;
        equal([stored?.type, stored?.data, stored?.schemaVersion], [type, 1, 1], "passed");
        await fails(lenient.stream("a").append({ type: "incremented", data: { by: 0 } }), "invalid-event", "defined");
      }
    },
  },
  {
    name: "invalid definitions are refused with their path",
    async run({ open }) {
      const step = (data: unknown): unknown => data;
      for (const [definitions, argument] of [
        [{ a: { version: 0 } }, "events.a.version"],
        [{ a: { version: 1.5 } }, "events.a.version"],
        [{ a: { schema: {} } }, "events.a.schema"],
        [{ a: { schema: null } }, "events.a.schema"],
        [{ a: { version: 2 } }, "events.a.upcast"],
        [{ a: { version: 2, upcast: { 0: step } } }, "events.a.upcast.0"],
        [{ a: { version: 2, upcast: { 2: step } } }, "events.a.upcast.2"],
        [{ a: { upcast: { 1: step } } }, "events.a.upcast.1"],
        [{ a: { version: 2, upcast: { one: step } } }, "events.a.upcast.one"],
        [{ a: { version: 2, upcast: { 1: "step" } } }, "events.a.upcast.1"],
        [{ a: { versoin: 2 } }, "versoin"],
        [{ a: 1 }, "events.a"],
        [{ $a: {} }, "events.$a"],
        [null, "events"],
      ] as const) {
        const error = await fails(() => defineEvents(definitions as never), "invalid-argument", argument);
        equal(error.details.argument, argument, "argument");
      }
      for (const [options, argument] of [
        [{ events: { incremented: {} } }, "events"],
        [{ events: null }, "events"],
        [{ unknownEvents: "skip" }, "unknownEvents"],
      ] as const) {
        const error = await fails(open(options as never), "invalid-argument", argument);
        equal(error.details.argument, argument, "argument");
      }
    },
  },
];
