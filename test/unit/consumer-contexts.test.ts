import { memory, openEventStore, type StoredEvent } from "rivulet";
import { defineConsumer, type ConsumerContext } from "rivulet/consumers";
import { expect, onTestFinished, test, vi } from "vitest";

type Given = ConsumerContext | undefined;
type Found = (context: Given) => void;
type Handler = (event: StoredEvent, context: ConsumerContext) => unknown;

/** Handlers that look at their context in all the ways there are. */
const LOOKING: readonly (readonly [what: string, handler: (found: Found) => Handler])[] = [
  ["has two parameters", (found) => (_, context) => found(context)],
  [
    "takes its context apart",
    (found) =>
      async (_event, { attempt, signal }) =>
        found({ attempt, signal } as never),
  ],
  [
    "takes both apart",
    (found) =>
      async ({ data }, { attempt, signal }) =>
        found({ attempt, signal, data } as never),
  ],
  [
    "takes both apart, with patterns in patterns",
    (found) =>
      ({ metadata: { user } }, { attempt, checkpoint: { position }, signal }) =>
        found({ attempt, signal, user, position } as never),
  ],
  [
    "takes the rest",
    (found) =>
      (...all) =>
        found(all[1]),
  ],
  [
    "takes the rest after the event",
    (found) =>
      (_event, ...rest) =>
        found(rest[0]),
  ],
  [
    "has no parameters and is a function",
    (found) =>
      function () {
        // oxlint-disable-next-line prefer-rest-params
        found(arguments[1]);
      },
  ],
  [
    "is a function of the event",
    (found) =>
      async function (_event) {
        // oxlint-disable-next-line prefer-rest-params
        found(arguments[1]);
      },
  ],
  [
    "is a method",
    (found) =>
      ({
        async(_event: StoredEvent) {
          // oxlint-disable-next-line prefer-rest-params
          found(arguments[1]);
        },
      }).async,
  ],
  ["is a proxy", (found) => new Proxy((_event: StoredEvent, context: Given) => found(context), {})],
  ["is a mock", (found) => vi.fn((_event: StoredEvent, context: Given) => found(context))],
];

async function consume(handler: Handler): Promise<void> {
  const store = await openEventStore(memory());
  onTestFinished(() => store.close());
  await store.stream("one").append([{ type: "noted" }, { type: "noted" }]);
  await using consumer = store.consume(defineConsumer({ name: "one", handler }));
  await consumer.caughtUp();
}

test.each(LOOKING)("a handler that %s gets its context", async (_, handlerOf) => {
  const found: Given[] = [];

  await consume(handlerOf((context) => found.push(context)));

  expect(found.map((context) => context?.attempt)).toEqual([1, 1]);
  expect(found.map((context) => context?.signal.aborted)).toEqual([false, false]);
});

/** Arrow functions that have no way to look at it. */
const OTHERS: readonly (readonly [what: string, handler: Handler])[] = [
  ["()", () => undefined],
  ["async ()", async () => undefined],
  ["(event)", (event) => void event.data],
  ["async (event)", async (event) => void event.data],
  ["({ id, metadata: found })", ({ id, metadata: found }) => void [id, found]],
  ["({ id, data })", ({ id, data }) => void [id, data]],
];

test.each(OTHERS)("no context is made for %s => …", async (_, handler) => {
  const define = vi.spyOn(Object, "defineProperty");
  onTestFinished(() => define.mockRestore());

  await consume(handler);

  expect(define.mock.calls.filter(([, property]) => property === "signal")).toEqual([]);
});
