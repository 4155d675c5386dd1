import { useFakeTime } from "../support/movable-time.ts";
import { isEventStoreError } from "rivulet";
import { defineConsumer } from "rivulet/consumers";
import { EventStoreError } from "rivulet/adapter";
import { expect, test, vi } from "vitest";
import { openSharedStorage } from "../support/clients.ts";
import { counted, type Counted } from "../support/counted.ts";
import { unawaited } from "../support/unawaited.ts";

const pass = useFakeTime(["setTimeout", "clearTimeout", "Date", "performance"]);

test("a slow handler's checkpoint is saved once a second, also within a batch", async () => {
  const shared = await openSharedStorage();
  const { store } = await shared.client();
  await store.stream<Counted>("a").append(counted(20));
  const consumer = store.consume(
    defineConsumer({ name: "slow", handler: () => new Promise((resolve) => setTimeout(resolve, 400)) }),
  );
  const saved: (number | null)[] = [];
  for (let second = 0; second < 4; second++) {
    await pass(1_000);
    saved.push(await shared.storage.consumers.loadCheckpoint("slow"));
  }
  expect(saved).toEqual([null, 3, 6, 9]);
  await pass(400);
  const closed = consumer.close();
  await pass(400);
  await closed;
  expect(await shared.storage.consumers.loadCheckpoint("slow")).toBe(consumer.position);
});

test("a first pause that is longer than the default longest one is not shortened", async () => {
  const shared = await openSharedStorage();
  const { store } = await shared.client();
  await store.stream<Counted>("a").append(counted(1));
  let calls = 0;
  const handler = () => {
    calls += 1;
    if (calls === 1) throw new Error("outage");
  };
  const consumer = store.consume(defineConsumer({ name: "patient", retry: { delay: 60_000 }, handler }));
  await pass(59_000);
  expect(calls).toBe(1);

  await pass(1_000);
  await consumer.caughtUp();

  expect(calls).toBe(2);
  await consumer.close();
});

test("positions of events that do not match are saved from time to time, so that others see no lag", async () => {
  const shared = await openSharedStorage();
  const [one, two] = [await shared.client(), await shared.client()];
  const define = () => defineConsumer({ name: "picky", types: ["never"], lease: 300, handler: () => undefined });
  const first = one.store.consume(define());
  await first.caughtUp();
  const second = two.store.consume(define());
  await one.store.stream<Counted>("a").append(counted(5));
  await pass(0);
  expect([first.position, await first.lag(), await second.lag()]).toEqual([5, 0, 5]);

  await pass(100);

  expect(await second.lag()).toBe(0);
  await Promise.all([first.close(), second.close()]);
});

test("a consumer waits for a storage that is busy or full, and ends with the reason if the storage has ended", async () => {
  const shared = await openSharedStorage();
  const { consumers } = shared.storage;
  let error: EventStoreError | undefined = new EventStoreError("storage-full", "no room", {});
  let left = 3;
  Object.assign(consumers, {
    moveConsumer: ((original) => (move) => {
      if (left-- > 0 && error !== undefined) return Promise.reject(error);
      return original(move);
    })(consumers.moveConsumer.bind(consumers)) satisfies typeof consumers.moveConsumer,
  });
  const { store } = await shared.client();
  const seen: number[] = [];
  const failures: unknown[] = [];
  const consumer = store.consume(
    defineConsumer<Counted>({ name: "steady", retry: { delay: 10 }, handler: ({ data }) => void seen.push(data) }),
  );
  consumer.subscribe(({ failing }) =>
    failures.push(isEventStoreError(failing?.error) ? failing.error.code : undefined),
  );
  await store.stream<Counted>("a").append(counted(2));
  await pass(1_000);
  expect([seen, consumer.position]).toEqual([[1, 2], 2]);
  expect(failures.filter((code) => code === "storage-full")).toHaveLength(3);

  error = new EventStoreError("worker-lost", "gone", {});
  left = 1;
  await store.stream<Counted>("a").append(counted(1, 3));
  await pass(1_000);

  expect([consumer.status, consumer.error]).toEqual(["stopped", error]);
  await expect(consumer.ended).rejects.toBe(error);
});

test("with the user's own checkpoint a late save has the smaller token, so that the target can refuse it", async () => {
  const shared = await openSharedStorage();
  const [one, two] = [await shared.client(), await shared.client()];
  await one.store.stream<Counted>("a").append(counted(3));
  const target = { position: 0, token: 0, refused: 0 };
  const letGo: (() => void)[] = [];
  const define = (slow: boolean) =>
    defineConsumer<Counted>({
      name: "mine",
      lease: 300,
      timeout: 1_000,
      batchSize: 1,
      handler: () => undefined,
      checkpoint: {
        load: () => target.position,
        async save(position, { token }) {
          if (slow && position === 2) await new Promise<void>((resolve) => letGo.push(resolve));
          if (token < target.token) target.refused += 1;
          else Object.assign(target, { position, token });
        },
      },
    });
  const first = one.store.consume(define(true));
  await pass(0);
  const second = two.store.consume(define(false));
  await pass(3_000);
  expect(target).toEqual({ position: 3, token: 2, refused: 0 });
  expect([first.status, second.status]).toEqual(["waiting", "active"]);

  for (const resolve of letGo) resolve();
  await pass(0);

  expect(target).toEqual({ position: 3, token: 2, refused: 1 });
  await Promise.all([first.close(), second.close()]);
});

test.each(["load", "save"] as const)("a user's %s that never settles does not delay close", async (which) => {
  for (const close of ["consumer", "store"] as const) {
    for (const begun of ["before", "after"] as const) {
      const shared = await openSharedStorage();
      const { store } = await shared.client();
      let hangs = which === "load" || begun === "before";
      const never = () => (hangs ? new Promise<never>(() => undefined) : undefined);
      const told: unknown[] = [];
      const consumer = store.consume(
        defineConsumer<Counted>({
          name: "mine",
          timeout: 1_000_000,
          lease: 500_000,
          handler: () => undefined,
          checkpoint: {
            load: () => (which === "load" ? never() : 0),
            save(_checkpoint, { signal }) {
              signal.addEventListener("abort", () => told.push(signal.reason));
              return which === "save" ? never() : undefined;
            },
          },
        }),
      );
      await store.stream<Counted>("a").append(counted(3));
      const caughtUp = consumer.caughtUp(9);
      caughtUp.catch(() => undefined);
      await pass(1_000);
      hangs = true;
      await store.stream<Counted>("a").append(counted(1, 4));

      let closed = false;
      unawaited((close === "consumer" ? consumer : store).close().then(() => (closed = true)));
      await pass(2_001);

      expect([close, begun, closed, consumer.status]).toEqual([close, begun, true, "stopped"]);
      await expect(caughtUp).rejects.toMatchObject({ code: "store-closed" });
      if (which === "save" && begun === "before") expect(told).toHaveLength(1);
      expect(vi.getTimerCount()).toBe(0);
    }
  }
});
