import { defineConsumer } from "../../../consumers/index.ts";
import type { Event } from "../../../index.ts";
import { handSignal } from "../../abort.ts";
import { equal, failureOf, fails, ok } from "../../assert.ts";
import { numbered, range, runThrough, type Case } from "../../context.ts";

type Counted = Event<"counted", { n: number }>;

export const consumerEndCases: readonly Case[] = [
  {
    name: "closing waits for the handler's current event, saves it, and leaves the rest for the next start",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(5));
      const seen: number[] = [];
      let finish = (): void => undefined;
      let begun = (): void => undefined;
      const second = new Promise<void>((resolve) => (begun = resolve));
      const slow = defineConsumer<Counted>({
        name: "slow",
        async handler({ data: { n } }, { signal }) {
          if (n === 2 && !seen.includes(2)) {
            begun();
            await new Promise<void>((resolve) => (finish = resolve));
          }
          equal(signal.aborted, false, "told to end");
          seen.push(n);
        },
      });
      const consumer = store.consume(slow);
      await second;
      const closed = consumer.close();
      await fails(() => store.consume(slow), "invalid-argument", "it still runs");
      finish();
      await closed;
      equal([seen, consumer.position], [[1, 2], 2], "in hand");
      await runThrough(store, slow);
      equal(seen, range(1, 5), "all");
    },
  },
  {
    name: "a consumer ends with the store, which waits for its handler, and by its signal, with the signal's reason",
    async run({ open }) {
      const store = await open();
      await store.stream("a").append(numbered(2));
      const reason = new Error("enough");
      const seen: unknown[] = [];
      const hand = handSignal();
      let running = (): void => undefined;
      const define = (name: string) =>
        defineConsumer({
          name,
          handler: (_event, { signal }) =>
            new Promise((_resolve, reject) => {
              signal.addEventListener("abort", () => {
                seen.push(signal.reason);
                reject(new Error("told to end"));
              });
              running();
            }),
        });
      const begin = (name: string, signal?: typeof hand) =>
        new Promise<ReturnType<typeof store.consume>>((resolve) => {
          const consumer = store.consume(define(name), { signal });
          running = () => resolve(consumer);
        });
      const byHand = await begin("by hand", hand);
      hand.abort(reason);
      ok((await failureOf(byHand.ended, "it should have ended")) === reason, "the signal's reason");
      equal([seen[0] === reason, byHand.status, hand.listeners], [true, "stopped", 0], "by its signal");
      await fails(() => store.consume(define("late"), { signal: hand }).close(), "invalid-argument", "").catch(
        (error) => ok((error as Error).message.includes("enough"), `an aborted signal: ${error}`),
      );
      const withStore = await begin("with the store");
      await store.close();
      equal((seen[1] as { code?: string }).code, "store-closed", "what the handler was told");
      equal((withStore.error as { code?: string }).code, "store-closed", "its error");
      await withStore.ended;
      await fails(() => store.consume(define("later")), "store-closed", "a closed store");
    },
  },
  {
    name: "invalid definitions and options of consumers are refused, with the name of the argument",
    async run({ open }) {
      const store = await open();
      const handler = (): void => undefined;
      const wrong: readonly (readonly [argument: string, parts: object])[] = [
        ["name", { handler }],
        ["name", { name: "", handler }],
        ["name", { name: "$a", handler }],
        ["handler", { name: "a" }],
        ["handler", { name: "a", handler: "print" }],
        ["batchHandler", { name: "a", batchHandler: {} }],
        ["batchHandler", { name: "a", handler, batchHandler: handler }],
        ["batchSize", { name: "a", handler, batchSize: 0 }],
        ["batchSize", { name: "a", handler, batchSize: 1.5 }],
        ["after", { name: "a", handler, after: -1 }],
        ["after", { name: "a", handler, after: 1, checkpoint: { load: handler } }],
        ["timeout", { name: "a", handler, timeout: 0 }],
        ["timeout", { name: "a", handler, timeout: 2 ** 31 }],
        ["lease", { name: "a", handler, lease: 0 }],
        ["retry", { name: "a", handler, retry: 3 }],
        ["retry.attempts", { name: "a", handler, retry: { attempts: 0 } }],
        ["retry.delay", { name: "a", handler, retry: { delay: -1 } }],
        ["retry.maxDelay", { name: "a", handler, retry: { maxDelay: NaN } }],
        ["retry.maxDelay", { name: "a", handler, retry: { delay: 100, maxDelay: 99 } }],
        ["onError", { name: "a", handler, onError: "ignore" }],
        ["checkpoint", { name: "a", handler, checkpoint: {} }],
        ["checkpoint.save", { name: "a", handler, checkpoint: { load: handler, save: 1 } }],
        ["types[0]", { name: "a", handler, types: [""] }],
        ["batchsize", { name: "a", handler, batchsize: 1 }],
      ];
      for (const [argument, parts] of wrong) {
        const error = await fails(() => defineConsumer(parts as never), "invalid-argument", JSON.stringify(parts));
        equal(error.details, { argument }, JSON.stringify(parts));
      }
      const undefinedOne = await fails(
        () => store.consume({ name: "a", handler } as never),
        "invalid-argument",
        "no definition",
      );
      equal(undefinedOne.details, { argument: "definition" }, "no definition");
      const one = defineConsumer({ name: "one", handler });
      const running = store.consume(one);
      equal(
        (await fails(() => store.consume(one), "invalid-argument", "twice")).details,
        { argument: "name" },
        "twice",
      );
      await fails(() => store.consume(one, { batchSize: 1 } as never), "invalid-argument", "an option that is none");
      const ahead = store.consume(defineConsumer({ name: "ahead", after: 1, handler }));
      equal((await fails(ahead.ended, "invalid-argument", "ahead")).details, { argument: "after" }, "ahead");
      await fails(running.caughtUp(-1), "invalid-argument", "a position that is none");
    },
  },
  {
    name: "of two consumers of one name in two stores one is active, and the other continues where it stops",
    needs: "alongside",
    async run({ open, alongside }) {
      const one = await open();
      const other = await alongside(one);
      const seen: string[] = [];
      const tokens: number[] = [];
      const define = (who: string) =>
        defineConsumer<Counted>({
          name: "shared",
          handler({ data }, { token }) {
            seen.push(`${who} ${data.n}`);
            tokens.push(token);
          },
        });
      await one.stream("a").append(numbered(3));
      const first = one.consume(define("one"));
      await first.caughtUp();
      const second = other.consume(define("other"));
      await other.stream("a").append(numbered(3, 4));
      equal([await second.caughtUp(), await second.lag()], [6, 0], "what is seen of the other one");
      equal([first.status, second.status], ["active", "waiting"], "status");
      await first.close();
      await one.stream("a").append(numbered(2, 7));
      equal([await second.caughtUp(8), second.status], [8, "active"], "taken over");
      equal(seen, [...range(1, 6).map((n) => `one ${n}`), "other 7", "other 8"], "calls");
      ok((tokens[7] as number) > (tokens[0] as number), `tokens rise: ${tokens.join()}`);
    },
  },
];
