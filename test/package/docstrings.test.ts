/**
 * Checks that everything that users and authors of adapters can reach has a docstring with its purpose, its errors and
 * an example.
 */
import { expect, test } from "vitest";
import { entryPoints, surfaceOf, type SurfaceItem } from "../support/public-surface.ts";

const sources = [...entryPoints()];
const everything = surfaceOf(sources.map(([, source]) => source));
const forUsers = surfaceOf(sources.filter(([door]) => door !== "rivulet/adapter").map(([, source]) => source));

const DETAILS = "EventStoreErrorDetails.";
const codes = new Set(everything.flatMap(({ name }) => (name.startsWith(DETAILS) ? [name.slice(DETAILS.length)] : [])));

/** The platform's own objects and the Standard Schema, of which rivulet only describes the shape. */
const FOREIGN =
  /^(AbortSignalLike|AsyncDisposable|DurableObject(Context|Socket|Storage|Sql)|ReadableStreamLike|SqlCursor|FileUrl|ReadableLike|RequestLike|ResponseLike|MadeResponse|PGlite(Database|Result|Session)|PostgresPool|WorkerThread|Endpoint|WebSocket(Context|Like)|StandardSchema|SchemaResult|Issue)\b/;

/** Implemented by users and adapters, and called by rivulet. */
const CALLED_BY_RIVULET =
  /^(Adapter|CheckpointPlace|Closable|ConformanceHarness|EventFormat|InspectionListener|KeepableState|KeepingStore|KeyValueStorage|MessageReceiver|RuntimeLocks?|Postgres(?:Driver|Listener)|StoreObject|Upcaster|VerifyListeners|SqlDialect|SqliteDriver|SqliteStatement|StorageContents|WithoutPragmas|\w+Storage)\./;

/** Records of the storage protocol, whose properties need no further explanation. */
const RECORDS = /^src\/(storage\/(?!storage-info)|sqlite\/|postgres\/|remote\/)/;

/** None of these throws or rejects with an `EventStoreError`. */
const HARMLESS: readonly string[] = [
  "ConformanceCase.run",
  "Consumer.subscribe",
  "Current.subscribe",
  "Hub.close",
  "Hub.fetch",
  "LastKnown.clear",
  "LiveState.close",
  "LiveState.subscribe",
  "LiveProjection.close",
  "LiveProjection.subscribe",
  "ReadModel.close",
  "Replica.close",
  "Replica.hurry",
  "Replica.subscribe",
  "SocketConnection.close",
  "SocketConnection.receive",
  "SqliteWasmVerbs.onRoleChange",
  "SqliteWasmVerbs.requestPersistence",
  "StorageServer.connect",
  "StoreContext.StoreProvider",
  "StoreSockets.accept",
  "StoreSockets.close",
  "StoreSockets.message",
  "TestHub.close",
  "TestHub.network",
  "TestNetwork.hold",
  "TestNetwork.loseAnswers",
  "TestNetwork.offline",
  "TestNetwork.online",
  "TestNetwork.release",
  "conformanceCases",
  "createCommand",
  "createRemoteStorage",
  "createReplicaStatus",
  "createStorageServer",
  "createStoreContext",
  "defineInspector",
  "describe",
  "fromFailure",
  "invalidArgument",
  "isEventStoreError",
  "matches",
  "isLarge",
  "joinStatement",
  "mayBeEndless",
  "memory",
  "messageOf",
  "mustBe",
  "ndjsonLine",
  "queryTimeout",
  "renewLineage",
  "serveOverSockets",
  "splitStatement",
  "storeClosed",
  "toFailure",
  "toStoreError",
  "transactionsOf",
  "useCommand",
  "useReplicaStatus",
  "withEventLimit",
  "wrapVerbs",
];

test("the public API is found", () => {
  const names = everything.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(["openEventStore", "EventStore.append", "ReadOptions.after", "sqliteWasm"]),
  );
  expect(names.filter((name) => name.includes("_rivulet"))).toEqual([]);
  expect([...codes]).toEqual(expect.arrayContaining(["invalid-argument", "version-conflict", "lease-lost"]));
});

test("every function, type and method has a docstring", () => {
  refute(everything, ({ kind, docs }) => kind !== "member" && docs.trim() === "");
});

test("every option and property has a docstring", () => {
  const described = everything.filter(({ where, optional }) => optional || !RECORDS.test(where));
  refute(described, ({ kind, docs }) => kind === "member" && docs.trim() === "");
});

test("every function and method names the codes of its errors, unless it has none", () => {
  refute(calls(everything), (item) => !saysHowItFails(item));
  expect(HARMLESS.filter((name) => !everything.some((item) => item.name === name))).toEqual([]);
});

test("every function and method that users call has an example of three to six lines", () => {
  const shown = [...calls(forUsers), ...everything.filter(({ kind }) => kind === "function")];
  refute(shown, ({ examples }) => examples.length === 0 || !examples.every(isShort));
});

test("all texts of errors have the same form", () => {
  refute(everything, ({ throws }) => throws.some((text) => findOddities(text).length > 0));
});

test("every description is a sentence, that of a call begins with a verb, and defaults are written alike", () => {
  const described = everything.filter(({ docs }) => docs.trim() !== "");
  refute(described, ({ docs }) => !/^[A-Z\d`"]/.test(docs.trim()) || !/\.\)?$/.test(docs.trim()));
  refute(described, ({ docs }) => /\. Default [^:]/.test(oneLine(docs)));
  refute(calls(forUsers), ({ docs }) => !/^[A-Z]\w*s\b/.test(docs.trim()));
});

/** What differs from "`code` if …; `code` for …; `store-closed` or a storage code such as `storage-busy`." */
function findOddities(errors: string): readonly RegExp[] {
  const text = oneLine(errors);
  const odd = [
    /^[^`a-z]/,
    /[^.]$/,
    /`[a-z]+-[a-z-]+`:/,
    /-[a-z]+` and `/,
    /, or (?:a|another|any other) storage code/,
    /\ba storage code(?! such as `)/,
  ];
  return odd.filter((form) => form.test(text));
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s+/g, " ");
}

function refute(items: readonly SurfaceItem[], isWrong: (item: SurfaceItem) => boolean): void {
  const looked = items.filter(({ name }) => !FOREIGN.test(name));
  const wrong = looked.filter(isWrong).map(({ name, where }) => `${name} (${where})`);
  expect(wrong).toEqual([]);
  expect(looked.length).toBeGreaterThan(20);
}

function calls(items: readonly SurfaceItem[]): readonly SurfaceItem[] {
  return items.filter(({ kind, name }) => (kind === "function" || kind === "verb") && !CALLED_BY_RIVULET.test(name));
}

/** All codes have a hyphen, so that a misspelt one is found. */
function saysHowItFails({ name, throws }: SurfaceItem): boolean {
  if (HARMLESS.includes(name)) return throws.length === 0;
  const named = throws.flatMap((text) => [...text.matchAll(/`([a-z]+-[a-z-]+)`/g)].map(([, code = ""]) => code));
  return named.length > 0 && named.every((code) => codes.has(code));
}

function isShort(example: string): boolean {
  const lines = example.split("\n").length;
  return lines >= 3 && lines <= 6;
}
