import type { EventStore } from "rivulet";
import { PAYLOADS } from "./payload.ts";

/** Awaits each append to one stream. Returns the number of events. */
export async function appendOneByOne(store: EventStore, count: number): Promise<number> {
  const stream = store.stream("one");
  for (let index = 0; index < count; index++) {
    await stream.append({ type: "happened", data: PAYLOADS[index % 1000] });
  }
  return count;
}

/** Makes `size` appends to one stream at once, `rounds` times. Returns the number of events. */
export async function appendConcurrently(store: EventStore, size: number, rounds: number): Promise<number> {
  const stream = store.stream("one");
  for (let round = 0; round < rounds; round++) {
    await Promise.all(
      Array.from({ length: size }, (_, index) => stream.append({ type: "happened", data: PAYLOADS[index] })),
    );
  }
  return size * rounds;
}
