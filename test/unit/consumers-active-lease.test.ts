import { useFakeTime } from "../support/movable-time.ts";
import { defineConsumer } from "rivulet/consumers";
import { expect, test, vi } from "vitest";
import { openSharedStorage } from "../support/clients.ts";
import { counted, type Counted } from "../support/counted.ts";

const pass = useFakeTime(["setTimeout", "clearTimeout", "Date", "performance"]);

test("a handler that never settles has its signal aborted and loses its lease, and its late work does not count", async () => {
  const shared = await openSharedStorage();
  const [one, two] = [await shared.client(), await shared.client()];
  await one.store.stream<Counted>("a").append(counted(3));
  const calls: string[] = [];
  const told: unknown[] = [];
  const late: (() => Promise<unknown>)[] = [];
  const first = one.store.consume(
    defineConsumer<Counted>({
      name: "shared",
      timeout: 2_000,
      lease: 300,
      handler({ data }, { signal, token, append }) {
        calls.push(`one ${data} ${token}`);
        if (data !== 2) return undefined;
        signal.addEventListener("abort", () => told.push(signal.reason));
        late.push(() => append([{ stream: "late", events: { type: "late" } }]));
        return new Promise(() => undefined);
      },
    }),
  );
  await pass(0);
  const second = two.store.consume(
    defineConsumer<Counted>({
      name: "shared",
      lease: 300,
      handler: ({ data }, { token }) => void calls.push(`two ${data} ${token}`),
    }),
  );

  await pass(1_999);
  expect(told).toEqual([]);
  // The checkpoint before it is saved while the handler hangs.
  expect(await first.lag()).toBe(2);
  expect([first.status, second.status]).toEqual(["active", "waiting"]);
  await pass(1);
  expect(told).toEqual([
    expect.objectContaining({ code: "consumer-timeout", details: { name: "shared", timeout: 2_000 } }),
  ]);
  // The lease expires, and a waiting client checks it at least once a second.
  await pass(1_300);

  expect([first.status, second.status]).toEqual(["waiting", "active"]);
  expect(calls).toEqual(["one 1 1", "one 2 1", "two 2 2", "two 3 2"]);
  expect(await shared.storage.consumers.loadCheckpoint("shared")).toBe(3);
  await expect(late[0]?.()).rejects.toMatchObject({ code: "consumer-timeout" });
  expect(await shared.storage.head()).toBe(3);
  const fence = { lease: "consumer/shared", token: 1 };
  const move = { name: "shared", fence, checkpoint: { from: 3, to: 3 } };
  expect(await shared.storage.consumers.moveConsumer(move)).toEqual({ outcome: "fenced" });
  await Promise.all([first.close(), second.close()]);
});

test("a handler that hangs without another client is called again with a greater token, and its event is parked after the last attempt", async () => {
  const shared = await openSharedStorage();
  const { store } = await shared.client();
  await store.stream<Counted>("a").append(counted(4));
  const calls: string[] = [];
  const consumer = store.consume(
    defineConsumer<Counted>({
      name: "alone",
      timeout: 1_000,
      lease: 300,
      batchSize: 3,
      retry: { attempts: 3, delay: 10 },
      onError: "park",
      batchHandler(batch, { attempt, token }) {
        calls.push(`${batch.map(({ data }) => data).join()} try ${attempt}, token ${token}`);
        return batch.some(({ data }) => data === 2) ? new Promise(() => undefined) : undefined;
      },
    }),
  );

  await pass(20_000);

  const second = ["2 try 1, token 2", "2 try 2, token 3", "2 try 3, token 4"];
  expect(calls).toEqual(["1,2,3 try 1, token 1", "1 try 2, token 2", ...second, "3,4 try 1, token 5"]);
  expect(consumer.position).toBe(4);
  expect(await consumer.parked()).toEqual([
    expect.objectContaining({ position: 2, attempts: 3, message: expect.stringContaining("within 1000 ms") }),
  ]);
  await consumer.close();
});

test("a handler that obeys its signal keeps the lease, and is called again after a pause", async () => {
  const shared = await openSharedStorage();
  const [one, two] = [await shared.client(), await shared.client()];
  await one.store.stream<Counted>("a").append(counted(1));
  const calls: string[] = [];
  const define = (who: string) =>
    defineConsumer<Counted>({
      name: "shared",
      timeout: 1_000,
      lease: 300,
      retry: { delay: 50 },
      handler: (_event, { attempt, token, signal }) => {
        calls.push(`${who}, try ${attempt}, token ${token}`);
        if (attempt === 2) return undefined;
        return new Promise((_resolve, reject) =>
          signal.addEventListener("abort", () => setTimeout(() => reject(signal.reason), 100)),
        );
      },
    });
  const consumer = one.store.consume(define("one"));
  await pass(0);
  const other = two.store.consume(define("two"));

  await pass(1_160);

  expect(calls).toEqual(["one, try 1, token 1", "one, try 2, token 1"]);
  expect(consumer.position).toBe(1);
  await pass(5_000);
  expect(other.status).toBe("waiting");
  await Promise.all([consumer.close(), other.close()]);
});

test("a consumer keeps its lease while a handler works within its time, and while nothing happens", async () => {
  const shared = await openSharedStorage();
  const [one, two] = [await shared.client(), await shared.client()];
  await one.store.stream<Counted>("a").append(counted(2));
  const slow = one.store.consume(
    defineConsumer<Counted>({
      name: "shared",
      timeout: 60_000,
      lease: 300,
      handler: () => new Promise((resolve) => setTimeout(resolve, 20_000)),
    }),
  );
  await pass(0);
  const next = two.store.consume(defineConsumer({ name: "shared", lease: 300, handler: () => undefined }));

  for (let second = 0; second < 60; second++) {
    await pass(1_000);
    expect([slow.status, next.status], `after ${second + 1} s`).toEqual(["active", "waiting"]);
  }
  expect(slow.position).toBe(2);
  await slow.close();
  await pass(1_000);
  expect(next.status).toBe("active");
  await next.close();
});

test("a client that was suspended and resumes moves no checkpoint, learns that its lease is lost, and waits for the next", async () => {
  const shared = await openSharedStorage();
  const [one, two] = [await shared.client(), await shared.client()];
  await one.store.stream<Counted>("a").append(counted(3));
  const calls: string[] = [];
  const told: unknown[] = [];
  const first = one.store.consume(
    defineConsumer<Counted>({
      name: "shared",
      lease: 300,
      timeout: 1_000_000,
      batchSize: 1,
      handler({ data }, { signal }) {
        calls.push(`one ${data}`);
        if (data !== 2) return undefined;
        signal.addEventListener("abort", () => told.push(signal.reason));
        // From here on the process is stopped; its calls are sent when it continues.
        one.freeze();
        return undefined;
      },
    }),
  );
  await pass(0);
  expect(calls).toEqual(["one 1", "one 2"]);
  const second = two.store.consume(
    defineConsumer<Counted>({
      name: "shared",
      lease: 300,
      batchSize: 1,
      handler: ({ data }) => void calls.push(`two ${data}`),
    }),
  );
  await pass(2_000);
  expect(calls).toEqual(["one 1", "one 2", "two 2", "two 3"]);
  expect(second.status).toBe("active");

  one.thaw();
  await pass(0);

  expect([first.status, second.status, first.error]).toEqual(["waiting", "active", undefined]);
  expect(await shared.storage.consumers.loadCheckpoint("shared")).toBe(3);
  await second.close();
  await two.store.stream<Counted>("a").append(counted(1, 4));
  await pass(1_000);
  expect(calls.slice(4)).toEqual(["one 4"]);
  expect(await shared.storage.consumers.loadCheckpoint("shared")).toBe(4);
  await first.close();
});

test("a client that has slept through its lease, as on a suspended machine, begins nothing before it has renewed it", async () => {
  const shared = await openSharedStorage();
  const { store } = await shared.client();
  await store.stream<Counted>("a").append(counted(3));
  const calls: number[] = [];
  let letGo = (): void => undefined;
  const consumer = store.consume(
    defineConsumer<Counted>({
      name: "sleeper",
      lease: 300,
      async handler({ data }) {
        calls.push(data);
        if (data === 2) await new Promise<void>((resolve) => (letGo = resolve));
      },
    }),
  );
  await pass(0);
  vi.setSystemTime(Date.now() + 500);
  const other = { name: "consumer/sleeper", holder: "other", now: Date.now(), duration: 60_000 };
  const refused = await shared.storage.leases.acquireLease(other);
  if (refused.held) throw new Error("it was taken from a holder that nobody has waited for");
  const taken = await shared.storage.leases.acquireLease({ ...other, instead: refused.seen });
  expect(taken).toEqual({ held: true, token: 2 });

  letGo();
  await pass(0);

  expect([calls, consumer.status]).toEqual([[1, 2], "waiting"]);
  await consumer.close();
});

test("a handler whose lease is lost while it runs has its signal aborted at the next renewal", async () => {
  const shared = await openSharedStorage();
  const [one, two] = [await shared.client(), await shared.client()];
  await one.store.stream<Counted>("a").append(counted(1));
  const told: unknown[] = [];
  const handled: string[] = [];
  const define = (who: string) =>
    defineConsumer<Counted>({
      name: "shared",
      lease: 300,
      timeout: 1_000_000,
      handler(_event, { signal }) {
        handled.push(who);
        if (who === "two") return undefined;
        return new Promise((resolve) => {
          signal.addEventListener("abort", () => {
            told.push(signal.reason);
            resolve(undefined);
          });
        });
      },
    });
  const first = one.store.consume(define("one"));
  await pass(0);
  one.freeze();
  const second = two.store.consume(define("two"));
  await pass(2_000);
  expect(handled).toEqual(["one", "two"]);
  expect(told).toEqual([]);

  one.thaw();
  await pass(200);

  expect(told).toEqual([expect.objectContaining({ code: "lease-lost", details: { name: "shared" } })]);
  expect([first.status, second.status]).toEqual(["waiting", "active"]);
  await Promise.all([first.close(), second.close()]);
});

test("pauses between tries double up to the longest, and closing ends one at once and leaves no timer behind", async () => {
  const shared = await openSharedStorage();
  const { store } = await shared.client();
  await store.stream<Counted>("a").append(counted(1));
  const started = Date.now();
  const times: number[] = [];
  const consumer = store.consume(
    defineConsumer({
      name: "patient",
      retry: { attempts: Infinity, delay: 100, maxDelay: 500 },
      handler() {
        times.push(Date.now() - started);
        throw new Error("not yet");
      },
    }),
  );
  await pass(2_000);
  expect(times).toEqual([0, 100, 300, 700, 1_200, 1_700]);
  expect(consumer.failing).toMatchObject({ attempt: 6, event: { position: 1 } });

  await consumer.close();

  expect([consumer.status, consumer.error, vi.getTimerCount()]).toEqual(["stopped", undefined, 0]);
  expect(times).toHaveLength(6);
});

test("waiting for events that another client handles leaves one listener on the signal, however long it takes", async () => {
  const shared = await openSharedStorage();
  const [one, two] = [await shared.client(), await shared.client()];
  const consumer = defineConsumer<Counted>({ name: "shared", handler: () => undefined });
  const active = one.store.consume(consumer);
  await active.caughtUp();
  const waiting = two.store.consume(consumer);
  await pass(0);
  const ending = new AbortController();
  const { signal } = ending;
  let listeners = 0;
  const { addEventListener, removeEventListener } = signal;
  vi.spyOn(signal, "addEventListener").mockImplementation((...args: Parameters<typeof addEventListener>) => {
    listeners += 1;
    addEventListener.apply(signal, args);
  });
  vi.spyOn(signal, "removeEventListener").mockImplementation((...args: Parameters<typeof removeEventListener>) => {
    listeners -= 1;
    removeEventListener.apply(signal, args);
  });

  const caughtUp = waiting.caughtUp(1, { signal });
  await pass(10_000);
  expect(listeners).toBe(1);
  ending.abort(new Error("long enough"));
  await expect(caughtUp).rejects.toThrow("long enough");

  await waiting.close();
  await active.close();
});
