import * as fc from "fast-check";
import { expect, test } from "vitest";
// Imported from inside the adapter, because gathering writes has no other visible effect than speed.
import { gatherWrites, type FileAccess } from "../../dist/adapters/sqlite-wasm/worker/gathered-writes.js";
import { openEventStore } from "rivulet";
import { createDisk, StoredFile } from "../support/power-loss/disk.ts";
import { loadSqlite, nameInPool, onDisk } from "../support/power-loss/sqlite-wasm.ts";

const SIZE = 3_000_000;

type Step =
  | { readonly kind: "write" | "read"; readonly at: number; readonly length: number }
  | { readonly kind: "truncate"; readonly size: number }
  | { readonly kind: "flush" };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      at: fc.nat(400),
      length: fc.integer({ min: 1, max: 100 }),
    }),
  },
  // Writes as SQLite does: mostly after the last write, and sometimes more than can be gathered.
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      at: fc.constant(-1),
      length: fc.integer({ min: 1, max: 100 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("write" as const), at: fc.constant(-1), length: fc.constant(700_000) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("read" as const), at: fc.nat(600), length: fc.nat(200) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("truncate" as const), size: fc.nat(600) }) },
  { weight: 2, arbitrary: fc.constant({ kind: "flush" as const }) },
);

test("a file with gathered writes has the right content and size, and everything is written by a flush", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const plain = fileOn();
      const below = fileOn();
      const gathered = gatherWrites(below.access);
      let end = 0;
      let byte = 0;
      for (const each of steps) {
        if (each.kind === "write") {
          const at = each.at === -1 ? end : each.at;
          if (at + each.length > SIZE) continue;
          const bytes = new Uint8Array(each.length).fill(++byte);
          for (const access of [plain.access, gathered]) expect(access.write(bytes, { at })).toBe(each.length);
          end = at + each.length;
        } else if (each.kind === "read") {
          expectSame(readFrom(gathered, each), readFrom(plain.access, each));
        } else if (each.kind === "truncate") {
          for (const access of [plain.access, gathered]) access.truncate(each.size);
        } else {
          gathered.flush();
          expectSame(contents(below.access), contents(plain.access));
        }
        expect(gathered.getSize()).toBe(plain.access.getSize());
      }
      gathered.close();
      expectSame(contents(below.access), contents(plain.access));
    }),
    { numRuns: 200 },
  );
});

test("a write that fails makes the flush fail, is not written later, and does not block later writes", () => {
  const { access, refuse } = fileOn();
  const gathered = gatherWrites(access);
  const write = (text: string, at: number): number => gathered.write(new TextEncoder().encode(text), { at });
  gathered.flush();
  write("ab", 0);
  write("cd", 2);
  // These writes may belong to a commit that was flushed and acknowledged before they end.
  expect(new TextDecoder().decode(contents(access))).toBe("abcd");
  write("lost", 4);
  refuse(true);

  expect(() => gathered.flush()).toThrow("no room");
  refuse(false);
  write("kept", 4);
  gathered.flush();

  expect(new TextDecoder().decode(contents(access))).toBe("abcdkept");
});

test("a write that fails during a read makes the next flush fail too", () => {
  const { access, refuse } = fileOn();
  const gathered = gatherWrites(access);
  for (const at of [0, 1, 2]) gathered.write(new Uint8Array([at]), { at });
  refuse(true);

  expect(() => readFrom(gathered, { at: 0, length: 1 })).toThrow("no room");
  refuse(false);

  expect(() => gathered.flush()).toThrow("no room");
  gathered.flush();
});

test("an append takes at most three writes to its file, and so does a batch of a thousand", async () => {
  const disk = createDisk();
  const boot = await loadSqlite();
  const store = await openEventStore(onDisk(boot, disk, { durability: "full" }));
  const stream = store.stream("written");
  const writesOf = async (work: () => Promise<unknown>): Promise<number> => {
    const [steps, flushes] = [disk.steps, disk.flushes.length];
    await work();
    expect(disk.flushes.slice(flushes).map(nameInPool)).toEqual(["/events.db-wal"]);
    return disk.steps - steps - 1;
  };
  for (let index = 0; index < 3; index++) await stream.append({ type: "noted" });

  for (let index = 0; index < 5; index++) {
    expect(await writesOf(() => stream.append({ type: "noted" }))).toBeLessThanOrEqual(3);
  }
  const thousand = Array.from({ length: 1000 }, (_, data) => ({ type: "noted", data }));
  expect(await writesOf(() => stream.append(thousand))).toBeLessThanOrEqual(3);
  await store.close();
});

/** A file of the emulated disk, with a browser's interface, that can be set to refuse writes. */
function fileOn(): { readonly access: FileAccess; refuse(refuse: boolean): void } {
  const file = new StoredFile("file", "/file");
  let refused = false;
  return {
    refuse: (refuse) => void (refused = refuse),
    access: {
      read: (into, { at }) => file.seen.read(into, at),
      write(bytes, { at }) {
        if (refused) throw new Error("no room");
        file.change({ kind: "write", at, bytes: bytes.slice() });
        return bytes.length;
      },
      truncate: (size) => file.change({ kind: "truncate", size }),
      getSize: () => file.seen.size,
      flush: () => file.flush(),
      close: () => undefined,
    },
  };
}

function readFrom(access: FileAccess, { at, length }: { readonly at: number; readonly length: number }): Uint8Array {
  const into = new Uint8Array(length);
  return into.subarray(0, access.read(into, { at }));
}

/** Compared as a whole: byte by byte would take minutes. */
function expectSame(found: Uint8Array, expected: Uint8Array): void {
  expect(Buffer.compare(found, expected)).toBe(0);
}

function contents(access: FileAccess): Uint8Array {
  return readFrom(access, { at: 0, length: access.getSize() });
}
