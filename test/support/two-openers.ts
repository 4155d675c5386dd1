import { matches, openEventStore, type Adapter, type EventFilter } from "rivulet";
import { expect } from "vitest";
import { failure } from "./outcome.ts";

const FILTERS: readonly NonNullable<EventFilter["metadata"]>[] = [
  { user: "ada" },
  { order: 1 },
  { order: 2, user: "bob" },
];

const eventsOf = (count: number): { type: string; metadata: Record<string, unknown> }[] =>
  Array.from({ length: count }, (_, index) => ({
    type: "noted",
    metadata: { user: index % 50 === 7 ? "ada" : "bob", order: index % 100 },
  }));

/**
 * Opens a database twice at once, with another key of metadata each, beside a client that names none. All of them find all events, the
 * keys of both stay, and one whose keys are not a list is refused while the others go on.
 */
export async function expectKeysOfBoth(adapterOf: (indexedMetadata?: readonly string[]) => Adapter): Promise<void> {
  await using older = await openEventStore(adapterOf());
  await older.stream("a").append(eventsOf(1_000));
  const [one, two] = await Promise.all([["user"], ["order"]].map((keys) => openEventStore(adapterOf(keys))));
  if (one === undefined || two === undefined) throw new Error("both should be open");
  for (const wrong of ["user", { 0: "user" }, ["user", 1], [undefined], null]) {
    const { argument } = (await failure(openEventStore(adapterOf(wrong as never)), "invalid-argument")).details;
    expect(argument).toBe("indexedMetadata");
  }
  await Promise.all([older, one, two].map((store, index) => store.stream(`s-${index}`).append(eventsOf(200))));
  await one.close();
  await two.close();
  await using later = await openEventStore(adapterOf());

  for (const store of [older, later]) {
    const all = await store.read().toArray();
    expect(all).toHaveLength(1_600);
    for (const metadata of FILTERS) {
      const wanted = all.filter((event) => matches({ metadata }, event));
      expect(wanted.length).toBeGreaterThan(0);
      expect(await store.read({ metadata }).toArray()).toEqual(wanted);
    }
  }
}
