/** What it costs to notice that a hub, or a replica, has been silent for too long: timers that do not grow with what arrives. */
import { expect, onTestFinished, test, vi } from "vitest";
import { createBeats } from "../../dist/src/sync/hub/beats.js";
import { noticingSilence, SILENCE } from "../../dist/src/sync/replica/speaking/silence.js";
import type { AbortSignalLike } from "../../dist/src/platform.js";

/** A clock that the test moves. Timers run when a multiple of `pace` is reached, as in a hidden page. */
function createClock(pace = 1) {
  let now = 0;
  let setBack = 0;
  const waits = new Set<{ readonly at: number; readonly end: () => void }>();
  let asked = 0;
  return {
    get asked() {
      return asked;
    },
    random: () => 0,
    now: () => now - setBack,
    setBack(duration: number): void {
      setBack += duration;
    },
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
        const one = { at: Math.ceil((now + duration) / pace) * pace, end };
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
        now = Math.max(now, next.at);
        next.end();
      }
      now = until;
    },
    /** No timer runs before the end. */
    sleep(duration: number): void {
      now += duration;
    },
  };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Lines that arrive when the test says so, and what is noticed of them. */
function startLines(pace?: number) {
  const clock = createClock(pace);
  const waiting: ((line: IteratorResult<number>) => void)[] = [];
  const source = { next: () => new Promise<IteratorResult<number>>((resolve) => waiting.push(resolve)) };
  const lines = noticingSilence(
    () => ({ [Symbol.asyncIterator]: () => source }),
    { timing: clock, first: 10_000, later: 30_000 },
    clock.now,
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
  expect(await outcome).toBe(SILENCE);
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
  expect(await outcome).toBe(SILENCE);
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

test.each([
  { looks: "every 10 seconds", pace: 10_000, first: 10_000, later: 40_000 },
  { looks: "every 30 seconds", pace: 30_000, first: 30_000, later: 60_000 },
  { looks: "once a minute", pace: 60_000, first: 60_000, later: 120_000 },
])(
  "where timers run $looks, a silent hub is noticed at the first look, or at the first after the later time",
  async (row) => {
    const never = startLines(row.pace);
    const unheard = outcomeOf(never.lines);
    await never.clock.pass(row.first - 1);
    expect(unheard).not.toHaveBeenCalled();
    await never.clock.pass(1);
    await turn();
    expect(unheard).toHaveBeenCalledWith(SILENCE);

    const once = startLines(row.pace);
    const line = once.lines.next();
    await once.clock.pass(5_000);
    await Promise.all([line, once.send(1)]);
    const heard = outcomeOf(once.lines);
    await once.clock.pass(row.later - 5_001);
    expect(heard).not.toHaveBeenCalled();
    await once.clock.pass(1);
    await turn();
    expect(heard).toHaveBeenCalledWith(SILENCE);
  },
);

test.each([
  { slept: "a minute", pace: 1, asleep: [60_000] },
  { slept: "10 minutes", pace: 1, asleep: [600_000] },
  { slept: "10 minutes twice", pace: 1, asleep: [600_000, 600_000] },
  { slept: "10 minutes in a page whose timers run once a minute", pace: 60_000, asleep: [600_000] },
])("a hub that speaks 20 seconds after a device has slept for $slept is not silent", async ({ pace, asleep }) => {
  const { clock, lines, send } = startLines(pace);
  await Promise.all([lines.next(), send(1)]);
  const outcome = outcomeOf(lines);
  for (const duration of asleep) {
    // Looks have come while the device was awake.
    await clock.pass(pace === 1 ? 20_000 : 60_000);
    clock.sleep(duration);
  }
  await clock.pass(20_000);
  expect(outcome).not.toHaveBeenCalled();
  await send(2);
  await turn();
  expect(outcome).toHaveBeenCalledWith({ done: false, value: 2 });
});

test("a hub that says nothing after a device has slept is silent after the later time", async () => {
  const { clock, lines, send } = startLines();
  await Promise.all([lines.next(), send(1)]);
  const outcome = outcomeOf(lines);
  await clock.pass(20_000);
  clock.sleep(600_000);
  await clock.pass(30_000);
  await turn();
  expect(outcome).toHaveBeenCalledWith(SILENCE);
});

test("a clock that is set back by an hour does not delay that silence is noticed", async () => {
  const { clock, lines, send } = startLines();
  await Promise.all([lines.next(), send(1)]);
  const outcome = outcomeOf(lines);
  await clock.pass(15_000);
  clock.setBack(3_600_000);
  await clock.pass(25_000);
  await turn();
  expect(outcome).toHaveBeenCalledWith(SILENCE);
});

/** Called with the next line, or with the error. */
function outcomeOf(lines: AsyncGenerator<number>): (value: unknown) => void {
  const settled = vi.fn<(value: unknown) => void>();
  lines.next().then(settled, settled);
  return settled;
}

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
  expect(beats.due()).toBe(false);
});

test("a heartbeat is due after its interval, whether or not news were waited for, and once", async () => {
  const clock = createClock();
  const beats = createBeats(15_000, (duration, signal) => clock.wait(duration, signal), new AbortController().signal);
  await beats.or(Promise.resolve());
  const waiting = beats.or(new Promise(() => undefined));
  await clock.pass(15_000);
  await waiting;
  expect(beats.due()).toBe(true);
  await beats.or(new Promise(() => undefined));
  beats.taken();
  expect(beats.due()).toBe(false);
  await clock.pass(15_000);
  expect(beats.due()).toBe(true);
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
