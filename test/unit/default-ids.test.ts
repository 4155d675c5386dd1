import { memory, openEventStore } from "rivulet";
import { expect, test } from "vitest";

const BITS_32 = 2 ** 32;

/** Appends so many events at a time, and returns their ids. */
async function idsAt(times: readonly number[], count: number): Promise<string[]> {
  let now = 0;
  await using store = await openEventStore(memory(), { clock: () => now });
  const ids: string[] = [];
  for (const time of times) {
    now = time;
    const { events } = await store.stream("a").append(Array.from({ length: count }, () => ({ type: "noted" })));
    ids.push(...events.map(({ id }) => id));
  }
  return ids;
}

/** The milliseconds in a UUID of version 7: its first 48 bits (RFC 9562). */
function timeIn(id: string): number {
  return Number.parseInt(id.replaceAll("-", "").slice(0, 12), 16);
}

test("an id begins with the time of its append", async () => {
  const times = [0, 1, 15, 16, 255, 256, 65_536, BITS_32 / 2, BITS_32 - 1, BITS_32, 1_764_500_000_000, 2 ** 43 - 1];

  const ids = await idsAt(times, 1);

  expect(ids.map(timeIn)).toEqual(times);
});

test("an id is a UUID also at a time that is longer than its 48 bits", async () => {
  const latest = 8.64e15;

  const ids = await idsAt([latest], 2);

  expect(ids.map(timeIn)).toEqual([latest % 2 ** 48, latest % 2 ** 48]);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test("ids ascend within one millisecond, beyond what its counter holds, and when the clock goes back", async () => {
  const ids = await idsAt([BITS_32 - 1, BITS_32 - 1, 5, 6, BITS_32], 2_500);

  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(12_500);
});

test("the bits of an id that are random differ, and its version and variant do not", async () => {
  const ids = await idsAt([1_764_500_000_000], 2_000);

  const places = Array.from({ length: 36 }, (_, place) => new Set(ids.map((id) => id[place])).size);

  expect(places.slice(19)).toEqual([4, 16, 16, 16, 1, ...Array.from({ length: 12 }, () => 16)]);
  expect(places[14]).toBe(1);
  expect(new Set(ids.map((id) => id[14] as string))).toEqual(new Set("7"));
});
