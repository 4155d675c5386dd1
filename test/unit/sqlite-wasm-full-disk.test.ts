import { EventStoreError, type EventStorage } from "rivulet/adapter";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { afterAll, expect, test, vi } from "vitest";
import { namingFullDisks } from "../../dist/adapters/sqlite-wasm/worker/full-disk.js";

type Verb = (argument: unknown) => Promise<unknown>;

/** The part of a storage that serves copies. No copy is made in a browser, and its methods reach no tab. */
const FOR_COPIES = "contents.";

/** The methods that only read, which must not fail when the disk is full. All other methods of a storage are writes. */
const READS = ["readPage", "listStreams", "head", "version", "positionAt", "loadSnapshot", "info"];
const READS_IN_GROUPS = [
  "modelState",
  "listParked",
  "queryModels",
  "listLeases",
  "loadCheckpoint",
  "listConsumerParked",
  "loadReplica",
  "listEntries",
  "loadResult",
];
const NO_VERBS = ["append", "onChange", "close"];

const { storage } = await betterSqlite3().open();
const writes = pathsIn(storage).filter((path) => {
  const name = path.split(".").at(-1) as string;
  return !path.startsWith(FOR_COPIES) && ![...READS, ...READS_IN_GROUPS, ...NO_VERBS].includes(name);
});

afterAll(async () => {
  vi.unstubAllGlobals();
  await storage.close();
});

test.each(writes)(
  "%s reports a full disk as storage-full, although the browser calls it an I/O error",
  async (path) => {
    vi.stubGlobal("navigator", { storage: { estimate: async () => ({ quota: 1e9, usage: 0 }) } });
    const sqlite = { takeError: () => new DOMException("no room", "QuotaExceededError") };

    const verb = verbAt(namingFullDisks(failing(storage), sqlite), path);

    await expect(verb({})).rejects.toMatchObject({ code: "storage-full" });
  },
);

test.each(writes)("%s reports another I/O error unchanged", async (path) => {
  vi.stubGlobal("navigator", { storage: { estimate: async () => ({ quota: 1e9, usage: 0 }) } });

  const verb = verbAt(namingFullDisks(failing(storage), { takeError: () => undefined }), path);

  await expect(verb({})).rejects.toMatchObject({ code: "storage-unavailable" });
});

function pathsIn(all: object): string[] {
  return Object.entries(all).flatMap(([name, member]) => {
    if (typeof member === "function") return [name];
    return typeof member === "object" ? Object.keys(member as object).map((verb) => `${name}.${verb}`) : [];
  });
}

function verbAt(all: EventStorage, path: string): Verb {
  const [first = "", second] = path.split(".");
  const member = (all as unknown as Record<string, unknown>)[first];
  return second === undefined ? (member as Verb) : ((member as Record<string, Verb>)[second] as Verb);
}

/** The same storage, with all of its methods failing as in a browser without free space. */
function failing(all: EventStorage): EventStorage {
  const fail: Verb = async () => {
    throw new EventStoreError("storage-unavailable", "disk I/O error", { reason: "SQLITE_IOERR_WRITE" });
  };
  const copy: Record<string, unknown> = {};
  for (const path of pathsIn(all)) {
    const [first = "", second] = path.split(".");
    copy[first] = second === undefined ? fail : { ...(copy[first] as object), [second]: fail };
  }
  return copy as unknown as EventStorage;
}
