import { createHash } from "node:crypto";
import { memory, openEventStore } from "rivulet";
import { defineDecider } from "rivulet/deciders";
import { expect, test } from "vitest";

const NAMESPACE = Buffer.from("6b1d0f52930c4f0e8a572e61d4b07c39", "hex");

/** Computes a UUID of version 5 with Node's SHA-1. */
function uuid5(name: string): string {
  const bytes = createHash("sha1").update(NAMESPACE).update(name).digest().subarray(0, 16);
  bytes[6] = (bytes.readUInt8(6) & 0x0f) | 0x50;
  bytes[8] = (bytes.readUInt8(8) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

test("the ids of a command's events are the UUIDs of version 5 of stream, key and index, whatever their length", async () => {
  await using store = await openEventStore(memory());
  const decider = defineDecider<null, number>({
    initial: () => null,
    evolve: {},
    decide: (count) => Array.from({ length: count }, () => ({ type: "a" })),
  });
  const stream = store.stream("ström-😀");
  const keys = Array.from({ length: 140 }, (_, length) => "k".repeat(length + 1));

  for (const idempotencyKey of [...keys, "ü\u0000\ud800"]) {
    const { events } = await stream.execute(decider, 2, { idempotencyKey });
    const names = [0, 1].map((index) => JSON.stringify(["ström-😀", idempotencyKey, index]));
    expect(events.map(({ id }) => id)).toEqual(names.map(uuid5));
  }
});
