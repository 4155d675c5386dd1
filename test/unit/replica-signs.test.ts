/** What it costs to notice that a hub, or a replica, has been silent for too long: timers that do not grow with what arrives. */
import { expect, onTestFinished, test, vi } from "vitest";
import { createBeats } from "../../dist/src/sync/hub/beats.js";
import { noticingSilence, Silence } from "../../dist/src/sync/replica/speaking/silence.js";
import type { AbortSignalLike } from "../../dist/src/platform.js";

/** A clock that the test moves. */
function createClock() {
  let now = 0;
  const waits = new Set<{ readonly at: number; readonly end: () => void }>();
  let asked = 0;
  return {
    get asked() {
      return asked;
    },
    random: () => 0,
    wait(duration: number, signal: AbortSignalLike): Promise<void> {
      asked += 1;
      return new Promise((resolve, reject) => {
        const abort = (): void => {
          waits.delete(one);
          reject(signal.reason);
        };
        const end = (): void => {
          signal.removeEventListener("abort", abort);
          resolve();
        };
        const one = { at: now + duration, end };
        waits.add(one);
        signal.addEventListener("abort", abort);
      });
    },
    async pass(duration: number): Promise<void> {
      const until = now + duration;
      for (;;) {
        await turn();
        const [next] = [...waits].filter(({ at }) => at <= until).sort((one, other) => one.at - other.at);
        if (next === undefined) break;
        waits.delete(next);
        now = next.at;
        next.end();
      }
      now = until;
    },
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lines that arrive when the test says so, and what is noticed of them. */
function startLines() {
  const clock = createClock();
  const waiting: ((line: IteratorResult<number>) => void)[] = [];
  const source = { next: () => new Promise<IteratorResult<number>>((resolve) => waiting.push(resolve)) };
  const lines = noticingSilence(
    () => ({ [Symbol.asyncIterator]: () => source }),
    { first: 10_000, later: 30_000 },
    clock,
    new AbortController().signal,
  );
  onTestFinished(() => void lines.return(undefined).catch(() => undefined));
  const send = async (value: number): Promise<void> => {
    await turn();
    waiting.shift()?.({ done: false, value });
  };
  return { clock, lines, send };
}

test("a hub is silent if nothing comes within the first time", async () => {
  const { clock, lines } = startLines();
  const outcome = lines.next().catch((error: unknown) => error);
  const settled = vi.fn<(value: unknown) => void>();
  outcome.then(settled, settled);
  await clock.pass(9_999);
  expect(settled).not.toHaveBeenCalled();
  await clock.pass(1);
  expect(await outcome).toBeInstanceOf(Silence);
});

test("a hub that has spoken is silent after the later time, and at most the first time more", async () => {
  const { clock, lines, send } = startLines();
  await Promise.all([lines.next(), send(1)]);
  await clock.pass(5_000);
  const outcome = lines.next().catch((error: unknown) => error);
  const settled = vi.fn<(value: unknown) => void>();
  outcome.then(settled, settled);
  await clock.pass(29_999);
  expect(settled).not.toHaveBeenCalled();
  await clock.pass(10_001);
  expect(await outcome).toBeInstanceOf(Silence);
});

test("a hub is not silent while a line is being stored, however long that takes", async () => {
  const { clock, lines, send } = startLines();
  await Promise.all([lines.next(), send(1)]);
  await clock.pass(100_000);
  const next = lines.next();
  await clock.pass(29_999);
  await send(2);
  expect(await next).toEqual({ done: false, value: 2 });
});

test("to notice silence needs no timer for each line", async () => {
  const { clock, lines, send } = startLines();
  for (let line = 0; line < 50; line++) await Promise.all([lines.next(), send(line)]);
  expect(clock.asked).toBe(1);
});

test("the news that a pull waits for are not kept until the next heartbeat", async () => {
  const interval = new Promise<void>(() => undefined);
  const reactions = vi.spyOn(interval, "then");
  const beats = createBeats(15_000, () => interval, new AbortController().signal);
  for (let line = 0; line < 50; line++) await beats.or(Promise.resolve());
  expect(reactions).toHaveBeenCalledTimes(1);
  expect(beats.due).toBe(false);
});

test("a heartbeat is due after its interval, whether or not news were waited for, and once", async () => {
  const clock = createClock();
  const beats = createBeats(15_000, (duration, signal) => clock.wait(duration, signal), new AbortController().signal);
  await beats.or(Promise.resolve());
  const waiting = beats.or(new Promise(() => undefined));
  await clock.pass(15_000);
  await waiting;
  expect(beats.due).toBe(true);
  await beats.or(new Promise(() => undefined));
  beats.taken();
  expect(beats.due).toBe(false);
  await clock.pass(15_000);
  expect(beats.due).toBe(true);
  beats.stop();
});

test("who waits for a heartbeat is told when the pull is ended, also if that was before", async () => {
  const ending = new AbortController();
  const clock = createClock();
  const beats = createBeats(15_000, (duration, signal) => clock.wait(duration, signal), ending.signal);
  const waiting = beats.or(new Promise(() => undefined)).catch((error: unknown) => error);
  ending.abort("ended");
  expect(await waiting).toBe("ended");
  expect(await beats.or(new Promise(() => undefined)).catch((error: unknown) => error)).toBe("ended");
});
