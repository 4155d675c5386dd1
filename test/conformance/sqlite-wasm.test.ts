import { openEventStore, type EventStore, type OpenOptions } from "rivulet";
import { conformanceCases } from "rivulet/testing";
import { test } from "vitest";
import { createDisk, type Disk } from "../support/power-loss/disk.ts";
import { loadSqlite, onDisk } from "../support/power-loss/sqlite-wasm.ts";

/** The browser's SQLite and driver, in Node: so what they do with SQL is seen without a browser. */
const boot = await loadSqlite();
const disks = new WeakMap<EventStore, Disk>();

async function openOn(disk: Disk, options?: OpenOptions): Promise<EventStore> {
  const store = await openEventStore(onDisk(boot, disk, { durability: "normal" }), options);
  disks.set(store, disk);
  return store;
}

const cases = conformanceCases({
  open: (options) => openOn(createDisk(), options),
  reopen: (closed, options) => openOn(disks.get(closed) as Disk, options),
  sql: true,
});

for (const { name, run } of cases) test(name, run);
