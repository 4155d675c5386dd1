import { fakeTime } from "../support/movable-time.ts";
import { openEventStore, type EventStore, type EventWatcher, type StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { expect, onTestFinished, test, vi } from "vitest";
import { startScript } from "../support/child.ts";
import { recordStatements, type Statements } from "../support/statements.ts";
import { temporaryPath } from "../support/temporary.ts";
import { unawaited } from "../support/unawaited.ts";
import { until } from "../support/until.ts";

const NOTED = { type: "noted" };

/** The name that Node gives to the watcher of a database's folder. */
const FOLDER_WATCH = "FSEventWrap";

async function openCounted(): Promise<{ store: EventStore; statements: Statements; path: string }> {
  const path = temporaryPath();
  const statements = recordStatements();
  const store = await openEventStore(betterSqlite3({ path }));
  onTestFinished(() => store.close());
  await store.stream("warm").append(NOTED);
  statements.clear();
  return { store, statements, path };
}

test("without a watcher nothing is queried, and no timer is set", async () => {
  holdTime();
  const { store, statements } = await openCounted();

  await vi.advanceTimersByTimeAsync(2000);

  expect(statements.all).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
  expect(folderWatches()).toBe(0);
  await store.close();
});

test("watchers of an idle store cost one cheap probe in 250 milliseconds, however many they are", async () => {
  holdTime();
  const { store, statements } = await openCounted();
  const { watchers } = await catchUp(store, 50);
  statements.clear();

  await vi.advanceTimersByTimeAsync(5000);

  expect(statements.all).toEqual(Array.from({ length: 20 }, () => "PRAGMA data_version"));
  leave(watchers);
});

test.each([1_000, 10_000])("%i watchers that have caught up share a commit of their own process", async (crowd) => {
  const { store, statements } = await openCounted();
  const { watchers, waiting } = await catchUp(store, crowd);
  statements.clear();

  let next = waiting;
  for (let change = 1; change <= 3; change++) {
    await store.stream("warm").append(NOTED);
    const results = await Promise.all(next);
    next = nextOf(watchers);

    // The events are known from the append: nothing is read.
    expect(statements.pages()).toBe(0);
    expect(new Set(results.map(({ value }) => (value as StoredEvent).version))).toEqual(new Set([change + 1]));
  }
  leave(watchers);
});

test("a change by another process costs these watchers one page too", async () => {
  const { store, statements, path } = await openCounted();
  const { watchers, waiting } = await catchUp(store, 1000);
  const other = startScript("process-writer", path, "other", "any", 1);
  other.send("open");
  await other.line("opened");
  statements.clear();

  const next = store.watch({ after: "head" }).next();
  other.send("go");
  await other.ended;
  await next;

  expect(statements.pages()).toBe(1);
  leave(watchers);
  await Promise.all(waiting);
});

test("a change in another stream costs the watchers of a stream nothing", async () => {
  const { store, statements } = await openCounted();
  const { watchers, waiting } = await catchUp(store, 100);
  const elsewhere = store.watch({ after: 1 });
  const next = elsewhere.next();
  statements.clear();

  await store.stream("elsewhere").append(NOTED);
  await next;

  expect(statements.pages()).toBe(0);
  leave([...watchers, elsewhere]);
  expect(await Promise.all(waiting)).toEqual(waiting.map(() => ({ value: undefined, done: true })));
});

test("a slow watcher delays nobody, and no events are kept for it: it reads what it has missed", async () => {
  const { store, statements } = await openCounted();
  const slow = store.watch();
  await slow.next();
  const missed = slow.next();
  const fast = store.watch({ after: 1 });

  let seen = 0;
  for (let change = 0; change < 12; change++) {
    await store.stream("warm").append(Array.from({ length: 500 }, () => NOTED));
    for (let index = 0; index < 500; index++) seen += (await fast.next()).done === false ? 1 : 0;
  }
  expect(seen).toBe(6000);
  statements.clear();

  const versions = [((await missed).value as StoredEvent).version];
  while (versions.length < 6000) versions.push(((await slow.next()).value as StoredEvent).version);

  expect(versions).toEqual(Array.from({ length: 6000 }, (_, index) => index + 2));
  // At most 2,000 events are kept for all watchers; the rest can only come from the file.
  expect(statements.pages()).toBeGreaterThanOrEqual(3);
  leave([slow, fast]);
});

test.each<{ how: string; end: (given: Ending) => Promise<unknown> }>([
  { how: "left their loops", end: async ({ watchers }) => leave(watchers) },
  { how: "been aborted", end: async ({ controller }) => controller.abort() },
  { how: "lost their store", end: ({ store }) => store.close() },
])("when the last watchers have $how, nothing looks at the file any longer", async ({ end }) => {
  holdTime();
  const { store, statements } = await openCounted();
  const controller = new AbortController();
  const { watchers, waiting } = await catchUp(store, 3, controller.signal);
  expect(folderWatches()).toBe(1);
  expect(vi.getTimerCount()).toBeGreaterThan(0);

  const settled = Promise.allSettled(waiting);
  await end({ store, watchers, controller });
  await settled;
  statements.clear();

  await until(() => folderWatches() === 0);
  // Once after a write, the length of the log is looked at.
  await vi.advanceTimersByTimeAsync(100);
  expect(vi.getTimerCount()).toBe(0);
  await vi.advanceTimersByTimeAsync(2000);
  expect(statements.all).toEqual([]);
});

test.each(
  ["break", "abort", "close", "never-iterated"].flatMap((how) => [false, true].map((worker) => ({ how, worker }))),
)("a process that has watched, and ended it by $how, ends by itself, worker $worker", async ({ how, worker }) => {
  const child = startScript("watch-and-leave", temporaryPath(), how, `${worker}`);

  expect(await child.ended).toEqual({ code: 0, signal: null, lines: ["left"], errors: "" });
});

interface Ending {
  readonly store: EventStore;
  readonly watchers: readonly EventWatcher[];
  readonly controller: AbortController;
}

interface Crowd {
  readonly watchers: readonly EventWatcher[];
  readonly waiting: readonly Promise<IteratorResult<StoredEvent>>[];
}

/** Watchers of stream "warm" that have caught up and wait for the next event. */
async function catchUp(store: EventStore, count: number, signal?: AbortSignal): Promise<Crowd> {
  const after = await store.stream("warm").version();
  let caughtUp = 0;
  const watchers = Array.from({ length: count }, () =>
    store.stream("warm").watch({ after, signal, onCaughtUp: () => (caughtUp += 1) }),
  );
  const waiting = nextOf(watchers);
  await until(() => caughtUp === count);
  return { watchers, waiting };
}

function nextOf(watchers: readonly EventWatcher[]): Promise<IteratorResult<StoredEvent>>[] {
  return watchers.map((watcher) => watcher.next());
}

function leave(watchers: readonly EventWatcher[]): void {
  for (const watcher of watchers) unawaited(watcher.return?.());
}

/** Timers run only when the test runs them. File notifications are not held back, because an idle file has none. */
function holdTime(): void {
  fakeTime(["setTimeout", "clearTimeout", "setInterval", "clearInterval"]);
  onTestFinished(() => void vi.useRealTimers());
}

function folderWatches(): number {
  return process.getActiveResourcesInfo().filter((name) => name === FOLDER_WATCH).length;
}
