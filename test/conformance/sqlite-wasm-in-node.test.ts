import { openEventStore, type EventStore, type OpenOptions } from "rivulet";
import { describeConformance } from "../support/conformance.ts";
import { INDEXED_KEYS } from "../support/indexed-keys.ts";
import { createDisk, type Disk } from "../support/power-loss/disk.ts";
import { loadSqlite, onDisk } from "../support/power-loss/sqlite-wasm.ts";

/** The browser's SQLite and driver, in Node, to test their SQL without a browser. */
const boot = await loadSqlite();
const disks = new WeakMap<EventStore, Disk>();

async function openOn(disk: Disk, options?: OpenOptions): Promise<EventStore> {
  const store = await openEventStore(
    onDisk(boot, disk, { durability: "normal", indexedMetadata: INDEXED_KEYS }),
    options,
  );
  disks.set(store, disk);
  return store;
}

describeConformance("sqlite-wasm on a disk in memory", {
  open: (options) => openOn(createDisk(), options),
  reopen: (closed, options) => openOn(disks.get(closed) as Disk, options),
  sql: true,
  limits: true,
});
