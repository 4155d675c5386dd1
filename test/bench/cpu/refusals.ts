import type { EventStream } from "rivulet";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { PAYLOADS } from "../payload.ts";
import { openRaw } from "../raw.ts";
import { createRawChecks, createRawWriter, setRawIds, type RawChecks } from "../raw-writes.ts";
import type { Start, Works } from "./rows.ts";

const COUNT = 2_000;

const EVENTS = PAYLOADS.map((data) => ({ type: "happened", id: randomUUID(), data }));

/** Appends that are stored already. */
export const duplicates: Works = {
  ours: inStream(async (stream) => {
    for (let index = 0; index < COUNT; index++) await stream.append(EVENTS[index % 1000]!);
  }),
  against: byHand(({ duplicate }) => {
    for (let index = 0; index < COUNT; index++) duplicate(EVENTS[index % 1000]!.id);
  }),
};

/** Appends that expect a version before the last three events. */
export const conflicts: Works = {
  ours: inStream(async (stream) => {
    const expectedVersion = PAYLOADS.length - 3;
    for (let index = 0; index < COUNT; index++) {
      await stream
        .append({ type: "happened", data: PAYLOADS[index % 1000] }, { expectedVersion })
        .catch(() => undefined);
    }
  }),
  against: byHand(({ conflict }) => {
    for (let index = 0; index < COUNT; index++) conflict(PAYLOADS.length - 3);
  }),
};

function inStream(work: (stream: EventStream) => Promise<void>): Start {
  return async (build, folder) => {
    const { openEventStore } = await build.load("rivulet");
    const { betterSqlite3 } = await build.load("rivulet/better-sqlite3");
    const store = await openEventStore(betterSqlite3({ path: join(folder, "store.db"), durability: "normal" }));
    const stream = store.stream("one");
    await stream.append(EVENTS);
    return { run: () => work(stream).then(() => COUNT), close: () => store.close() };
  };
}

function byHand(work: (checks: RawChecks) => void): Start {
  return (_build, folder) => {
    const raw = openRaw(join(folder, "raw.db"), "NORMAL");
    createRawWriter(raw)(EVENTS.length);
    setRawIds(
      raw,
      EVENTS.map(({ id }) => id),
    );
    const checks = createRawChecks(raw);
    return {
      run() {
        work(checks);
        return COUNT;
      },
      close: () => void raw.close(),
    };
  };
}
