import type { Endpoint } from "rivulet/adapter";
import { expect, onTestFinished, test } from "vitest";
import { yieldingPort } from "../../dist/adapters/node/yielding-port.js";

type Listener = Parameters<Endpoint["addEventListener"]>[1];

/** A port whose messages the test delivers. */
function handPort(): { port: Endpoint; deliver: (...all: unknown[]) => void; listeners: Set<Listener> } {
  const listeners = new Set<Listener>();
  return {
    listeners,
    deliver: (...all) => all.forEach((data) => listeners.forEach((listener) => listener({ data }))),
    port: {
      postMessage: () => undefined,
      addEventListener: (_type, listener) => void listeners.add(listener),
      removeEventListener: (_type, listener) => void listeners.delete(listener),
    },
  };
}

/** Holds the thread for longer than one turn may deliver messages. */
function holdThread(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
}

const turn = (): Promise<void> => new Promise(setImmediate);

test("messages that take long to handle come in their order, each in a turn of its own", async () => {
  const { port, deliver } = handPort();
  const seen: unknown[] = [];
  yieldingPort(port).addEventListener("message", ({ data }) => {
    seen.push(data);
    holdThread();
  });

  deliver(1, 2, 3);
  const counts = [seen.length];
  for (; seen.length < 5; counts.push(seen.length)) {
    await turn();
    if (seen.length === 2) deliver(4, 5);
  }

  expect(seen).toEqual([1, 2, 3, 4, 5]);
  expect(counts).toEqual([0, 1, 2, 3, 4, 5]);
});

test("many messages that wait do not take a turn each, and what follows from one comes before the next", async () => {
  const { port, deliver } = handPort();
  const seen: string[] = [];
  let turns = 0;
  yieldingPort(port).addEventListener("message", ({ data }) => {
    seen.push(`${String(data)} came`);
    const handled = (): void => void seen.push(`${String(data)} was handled`);
    Promise.resolve().then(handled, handled);
  });

  deliver(...Array.from({ length: 1_000 }, (_, index) => index));
  for (; seen.length < 2_000; turns++) await turn();

  expect(seen).toEqual(Array.from({ length: 1_000 }, (_, index) => [`${index} came`, `${index} was handled`]).flat());
  expect(turns).toBeLessThan(500);
});

test("messages go on coming after one whose listener throws", async () => {
  const { port, deliver } = handPort();
  const seen: unknown[] = [];
  const thrown: unknown[] = [];
  const others = process.rawListeners("uncaughtException") as NodeJS.UncaughtExceptionListener[];
  process.removeAllListeners("uncaughtException").on("uncaughtException", (error) => thrown.push(error.message));
  onTestFinished(() => {
    process.removeAllListeners("uncaughtException");
    for (const listener of others) process.on("uncaughtException", listener);
  });
  yieldingPort(port).addEventListener("message", ({ data }) => {
    seen.push(data);
    if (data === 1) throw new Error("one");
  });

  deliver(1, 2, 3);
  await expect.poll(() => seen).toEqual([1, 2, 3]);

  expect(thrown).toEqual(["one"]);
});

test("a message does not overtake those that wait, however little time has passed", async () => {
  const { port, deliver } = handPort();
  const seen: unknown[] = [];
  yieldingPort(port).addEventListener("message", ({ data }) => {
    if (seen.push(data) === 1) deliver(3);
  });

  deliver(1, 2);
  while (seen.length < 3) await turn();

  expect(seen).toEqual([1, 2, 3]);
});

test("a listener that was removed gets nothing more, not even what has arrived", async () => {
  const { port, deliver, listeners } = handPort();
  const yielding = yieldingPort(port);
  const seen: unknown[] = [];
  const listener: Listener = ({ data }) => {
    seen.push(data);
    holdThread();
  };
  yielding.addEventListener("message", listener);

  deliver(1, 2);
  while (seen.length === 0) await turn();
  yielding.removeEventListener("message", listener);
  await turn();
  await turn();

  expect(seen).toEqual([1]);
  expect(listeners.size).toBe(0);
});
