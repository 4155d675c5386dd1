import type { EventStore } from "rivulet";
import { PAYLOADS } from "./payload.ts";
import { SCHEMA } from "./raw-schema.ts";

/** The kinds of work that are compared, with the number of operations in a block. */
export const WORKS = {
  "full replay, parsed": { operations: 10_000 },
  "one awaited append, FULL": { operations: 50 },
  "64 concurrent appends, FULL": { operations: 320 },
  "batches of 1,000, FULL": { operations: 2_000 },
} as const;

export type WorkName = keyof typeof WORKS;
export type Who = "ours" | "raw";

/** The number of events that both have at the start. */
const EVENTS = 20_000;

/** A database by hand. */
export interface RawEngine {
  exec(sql: string): void;
  /** Runs work in a transaction that is on disk afterwards. */
  transaction(work: () => void): void;
  insert(values: readonly (string | number | Uint8Array | null)[]): void;
  /** A page of rows as arrays. */
  page(sql: string, position: number): readonly (readonly unknown[])[];
  /** Yields to other work, as the store has to. */
  pause?(): Promise<void>;
}

/** Does blocks of work, through a store or by hand. */
export interface Blocks {
  prepare(who: Who): Promise<void>;
  open(who: Who): Promise<void>;
  run(work: WorkName, who: Who): Promise<void>;
}

export function createBlocks(store: () => Promise<EventStore>, openRaw: () => RawEngine): Blocks {
  let raw: RawByHand | undefined;
  const byHand = (): RawByHand => (raw ??= createRaw(openRaw()));
  return {
    async prepare(who) {
      for (let batch = 0; batch < EVENTS / 1000; batch++) {
        if (who === "raw") byHand().write(1000);
        else await appendBatch(await store());
      }
    },
    async open(who) {
      if (who === "raw") byHand();
      else await store();
    },
    async run(work, who) {
      if (who === "raw") await byHand().run(work);
      else await runOurs(await store(), work);
    },
  };
}

async function runOurs(store: EventStore, work: WorkName): Promise<void> {
  const { operations } = WORKS[work];
  const stream = store.stream("one");
  if (work === "full replay, parsed") {
    let left: number = operations;
    for await (const { data } of store.read({ limit: operations })) left -= data === undefined ? 0 : 1;
    if (left !== 0) throw new Error(`${left} events are missing`);
  } else if (work === "one awaited append, FULL") {
    for (let index = 0; index < operations; index++) await stream.append({ type: "happened", data: PAYLOADS[index] });
  } else if (work === "64 concurrent appends, FULL") {
    for (let round = 0; round < operations / 64; round++) {
      await Promise.all(PAYLOADS.slice(0, 64).map((data) => stream.append({ type: "happened", data })));
    }
  } else {
    for (let round = 0; round < operations / 1000; round++) await appendBatch(store);
  }
}

async function appendBatch(store: EventStore): Promise<void> {
  await store.stream("one").append(PAYLOADS.map((data) => ({ type: "happened", data })));
}

interface RawByHand {
  write(size: number): void;
  run(work: WorkName): Promise<void>;
}

const PAGE = `SELECT e.position, s.name AS stream, e.version, e.id, t.name AS type, e.schema_version, e.data, e.metadata, e.timestamp
  FROM events e JOIN streams s ON s.id = e.stream JOIN types t ON t.id = e.type
  WHERE e.position > ? ORDER BY e.position LIMIT 1000`;

function createRaw(raw: RawEngine): RawByHand {
  // An object finds its tables again when it was evicted between two blocks.
  raw.exec(SCHEMA.replaceAll("CREATE TABLE", "CREATE TABLE IF NOT EXISTS"));
  raw.exec("INSERT OR IGNORE INTO types (name) VALUES ('happened')");
  raw.exec("INSERT OR IGNORE INTO streams (name) VALUES ('one')");
  let position = Number(raw.page("SELECT coalesce(max(position), ?) FROM events", 0)[0]?.[0]);

  function write(size: number): void {
    raw.transaction(() => {
      for (let index = 0; index < size; index++) {
        position += 1;
        const data = JSON.stringify(PAYLOADS[index % 1000]);
        raw.insert([position, 1, position, uuidv7(), 1, 1, data, null, Date.now()]);
      }
    });
  }

  function replay(count: number): void {
    let after = 0;
    while (after < count) {
      const events = raw.page(PAGE, after).map(toEvent);
      after = events.at(-1)?.position ?? count;
    }
  }

  return {
    write,
    async run(work) {
      const { operations } = WORKS[work];
      if (work === "full replay, parsed") return replay(operations);
      const size = work === "one awaited append, FULL" ? 1 : work === "64 concurrent appends, FULL" ? 64 : 1000;
      for (let done = 0; done < operations; done += size) {
        write(size);
        await raw.pause?.();
      }
    },
  };
}

function toEvent(row: readonly unknown[]): { readonly position: number } {
  const [position, stream, version, id, type, schemaVersion, data, metadata, timestamp] = row as [
    number,
    string,
    number,
    Uint8Array | ArrayBuffer,
    string,
    number,
    string,
    string | null,
    number,
  ];
  const event = {
    position,
    stream,
    version,
    id: uuidOf(new Uint8Array(id)),
    type,
    schemaVersion,
    data: JSON.parse(data) as unknown,
    metadata: JSON.parse(metadata ?? "{}") as unknown,
    timestamp,
  };
  return event;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

function uuidOf(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < 16; index++) {
    if (index === 4 || index === 6 || index === 8 || index === 10) text += "-";
    text += HEX[bytes[index] as number];
  }
  return text;
}

/** A UUIDv7 as 16 bytes: the time, then random bytes. */
function uuidv7(): Uint8Array {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const now = Date.now();
  bytes[0] = now / 2 ** 40;
  bytes[1] = now / 2 ** 32;
  bytes[2] = now / 2 ** 24;
  bytes[3] = now / 2 ** 16;
  bytes[4] = now / 2 ** 8;
  bytes[5] = now;
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes;
}
