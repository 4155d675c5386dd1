/** One tab of an application: a store, its appends, and the events that it sees. */
import { isEventStoreError, openEventStore, type EventStore, type StoredEvent } from "rivulet";
import { sqliteWasm, type SqliteWasmOptions, type SqliteWasmVerbs } from "rivulet/sqlite-wasm";
import { holdPoolFiles, readPoolFiles, toBase64 } from "./pool-files.ts";

/** A short form of an event. */
export type Seen = readonly [position: number, stream: string, data: unknown];

let store: EventStore & SqliteWasmVerbs;
const workers: Worker[] = [];
const roles: string[] = [];
const rolesBeyond: string[] = [];
const seen: Seen[] = [];
let ending: string | undefined;
let following: Promise<void> | undefined;

globalThis.Worker = class extends Worker {
  constructor(...args: ConstructorParameters<typeof Worker>) {
    super(...args);
    workers.push(this);
  }
};

export const tab = {
  /** Opens the store; with `watch`, collects the events that it sees in `seen`. */
  async open(options: SqliteWasmOptions, watch = true): Promise<void> {
    store = await openEventStore(sqliteWasm(options));
    store.onRoleChange((role) => roles.push(role));
    if (watch) following = follow();
  },
  /** As `open`, with the worker at this address. */
  async openWithWorker(options: SqliteWasmOptions, worker: string): Promise<void> {
    await tab.open({ ...options, worker: () => new Worker(worker, { type: "module" }) });
  },
  endWorker: () => workers.at(-1)?.terminate(),
  workers: () => workers.length,
  /** The result of `info()`, or the code and message of the error of opening. */
  async tryOpen(options: SqliteWasmOptions): Promise<unknown> {
    try {
      await tab.open(options, false);
      return await store.info();
    } catch (error) {
      return isEventStoreError(error) ? { code: error.code, message: error.message, details: error.details } : error;
    }
  },
  /** Appends events with numbers from `from` on, one after the other. Resolves with the acknowledged numbers. */
  async append(stream: string, from: number, count: number): Promise<readonly (readonly [number, number])[]> {
    const acknowledged: [number, number][] = [];
    for (let data = from; data < from + count; data++) {
      const { position } = await store.stream(stream).append({ type: "counted", data });
      acknowledged.push([data, position]);
    }
    return acknowledged;
  },
  /** As `append`, and writes each acknowledged number to the console, which is received until the browser dies. */
  async appendAloud(stream: string, from: number, count: number): Promise<void> {
    for (let data = from; data < from + count; data++) {
      await store.stream(stream).append({ type: "counted", data });
      // oxlint-disable-next-line no-console
      console.log(String(data));
    }
  },
  /** Appends all of them in one append. */
  async appendAtOnce(stream: string, from: number, count: number): Promise<void> {
    await store
      .stream(stream)
      .append(Array.from({ length: count }, (_, index) => ({ type: "counted", data: from + index })));
  },
  /** Appends each by itself, all in one turn of the event loop. */
  async appendTogether(stream: string, from: number, count: number): Promise<readonly number[]> {
    const numbers = Array.from({ length: count }, (_, index) => from + index);
    const results = await Promise.all(
      numbers.map((data) => store.stream(stream).append({ type: "counted", data }, { expectedVersion: "any" })),
    );
    return results.map(({ position }) => position);
  },
  /** Appends one by one, each in its own turn of the event loop, and awaits them only after the last call. */
  async appendUnawaited(stream: string, count: number): Promise<readonly number[]> {
    const appended: Promise<number>[] = [];
    for (let data = 0; data < count; data++) {
      appended.push(
        store
          .stream(stream)
          .append({ type: "counted", data })
          .then(({ position }) => position),
      );
      await new Promise((resolve) => setTimeout(resolve));
    }
    return Promise.all(appended);
  },
  /** Appends one after the other until one fails. Resolves with the error's code. */
  async appendUntilRefused(stream: string): Promise<string> {
    for (;;) {
      const outcome = await tab.appendText(stream, "again");
      if (outcome !== "done") return outcome;
    }
  },
  /** Appends an event of each user and region. */
  appendOf: (users: readonly string[], region: string): Promise<string> =>
    codeOf(
      store.stream("kept").append(users.map((user) => ({ type: "kept", data: user, metadata: { user, region } }))),
    ),
  readOf: async (metadata: Readonly<Record<string, string>>): Promise<readonly unknown[]> =>
    (await store.read({ metadata }).toArray()).map(({ data }) => data),
  appendText: (stream: string, text: string): Promise<string> =>
    codeOf(store.stream(stream).append({ type: "wrote", data: text })),
  /** Appends each by itself, all in one turn, with ids that begin with the stream's name. Resolves with the outcome of each. */
  async appendKnown(stream: string, count: number): Promise<readonly string[]> {
    const ids = Array.from({ length: count }, (_, index) => `${stream}-${index}`);
    return Promise.all(
      ids.map((id, data) =>
        codeOf(store.stream(stream).append({ type: "counted", data, id }, { expectedVersion: "any" })),
      ),
    );
  },
  readCode: (): Promise<string> => codeOf(store.read().toArray()),
  read: async (): Promise<readonly Seen[]> => (await store.read().toArray()).map(short),
  seen: () => seen,
  seenCount: () => seen.length,
  roles: () => roles,
  ending: () => ending,
  /** Resolves with the code of the error with which the watch of `open` ends. */
  async ended(): Promise<string | undefined> {
    await following;
    return ending;
  },
  info: () => store.info(),
  /** The database's bytes, in Base64. */
  export: async (): Promise<string> => toBase64(await store.exportDatabase()),
  /** Resolves with the error's code if it is refused. */
  async import(base64: string): Promise<string> {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    return codeOf(store.importDatabase(bytes));
  },
  /** The code and argument of the error for each wrong value in place of a database's bytes; "done" if it is accepted. */
  async importWrong(): Promise<readonly string[]> {
    const wrong: readonly unknown[] = [undefined, null, true, 7, "bytes", [1, 2], {}, () => undefined, Symbol("x")];
    const alike = [new ArrayBuffer(8), new DataView(new ArrayBuffer(8)), new Uint16Array(8), new Blob(["bytes"])];
    return Promise.all(
      [...wrong, ...alike].map((bytes) => argumentOf(() => store.importDatabase(bytes as Uint8Array))),
    );
  },
  /** The same for wrong values in place of a listener. */
  listenWrong: (): Promise<readonly string[]> =>
    Promise.all(
      [undefined, null, 7, "listener", {}].map((listener) =>
        argumentOf(async () => void store.onRoleChange(listener as () => void)),
      ),
    ),
  /** Adds a listener that throws, and after it one that records the role. */
  listenBadly(): void {
    store.onRoleChange((role) => {
      throw new Error(`the listener broke at ${role}`);
    });
    store.onRoleChange((role) => rolesBeyond.push(role));
  },
  rolesBeyond: () => rolesBeyond,
  requestPersistence: () => store.requestPersistence(),
  destroy: (): Promise<string> => codeOf(store.destroy()),
  close: () => store.close(),
};

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "done";
  } catch (error) {
    if (isEventStoreError(error, "outcome-unknown")) return `${error.code} ${error.details.ids.join(" ")}`;
    return isEventStoreError(error) ? error.code : String(error);
  }
}

async function argumentOf(call: () => Promise<unknown>): Promise<string> {
  try {
    await call();
    return "done";
  } catch (error) {
    return isEventStoreError(error, "invalid-argument") ? `refused: ${error.details.argument}` : String(error);
  }
}

async function follow(): Promise<void> {
  try {
    for await (const event of store.watch()) seen.push(short(event));
  } catch (error) {
    ending = isEventStoreError(error) ? error.code : String(error);
  }
}

function short({ position, stream, data }: StoredEvent): Seen {
  return [position, stream, data];
}

declare global {
  interface Window {
    readonly tab: typeof tab;
  }
}

Object.assign(globalThis, { tab, poolFiles: readPoolFiles, holdPoolFiles });
