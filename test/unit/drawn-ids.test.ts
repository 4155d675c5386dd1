import { memory, openEventStore } from "rivulet";
import { expect, test } from "vitest";
import { failure } from "../support/outcome.ts";

/** Returns these ids first, and then numbered ones. */
function drawing(...first: readonly string[]): () => string {
  const left = [...first];
  let last = 0;
  return () => left.shift() ?? `fresh-${++last}`;
}

const given = { type: "t", id: "given" };
const drawn = { type: "t" };

test.each([
  ["after it", [given, drawn]],
  ["before it", [drawn, given]],
  ["on either side", [drawn, given, drawn]],
])("an id of newId that was given in the same append as well, %s, is made anew", async (_where, events) => {
  const store = await openEventStore(memory(), { newId: drawing("given", "given") });

  const { events: stored } = await store.stream("a").append(events);

  const ids = stored.map(({ id }) => id);
  expect(ids.filter((id) => id === "given")).toHaveLength(1);
  expect(ids[events.indexOf(given)]).toBe("given");
  expect(new Set(ids).size).toBe(events.length);
});

test("over several streams too", async () => {
  const store = await openEventStore(memory(), { newId: drawing("given") });
  const entries = [
    { stream: "a", events: drawn },
    { stream: "b", events: given },
  ];
  const results = await store.append(entries);
  expect(results.flatMap(({ events }) => events.map(({ id }) => id))).toEqual(["fresh-1", "given"]);
});

test("an id that newId returns twice in an append is replaced", async () => {
  const store = await openEventStore(memory(), { newId: drawing("same", "same", "same") });
  const { events } = await store.stream("a").append([drawn, drawn]);
  expect(events.map(({ id }) => id)).toEqual(["same", "fresh-1"]);
});

test.each([
  ["that is always the same", () => "constant"],
  ["that are none", () => undefined as never],
  ["that are empty", () => ""],
])("a newId with ids %s is to blame, not the events", async (_what, newId) => {
  const store = await openEventStore(memory(), { newId });

  const error = await failure(store.stream("a").append([drawn, drawn]), "invalid-event");

  expect(error.details.path).toBe("newId");
  expect(error.message).toMatch(/^newId/);
  expect(await store.head()).toBe(0);
});

test("an id that the caller gives twice is refused, whatever newId returns", async () => {
  const store = await openEventStore(memory(), { newId: () => "given" });
  const error = await failure(store.stream("a").append([given, drawn, given]), "invalid-event");
  expect(error.details.path).toBe("events[2].id");
});
