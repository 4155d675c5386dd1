import type { BuildProgress, Event, EventStore, ReadModel } from "../../../index.ts";
import { defineReadModel, sql, table } from "../../../read-models/index.ts";
import { handSignal } from "../../abort.ts";
import { equal, failureOf, fails } from "../../assert.ts";
import { numbered, range, type Case } from "../../context.ts";

type Counted = Event<"counted", { n: number }>;

const HISTORY = 4_500;

const numbers = table("numbers", "position INTEGER PRIMARY KEY, n INTEGER NOT NULL", { indexes: ["n"] });

/** Handlers that look at more than the event, so that it is seen which of them made the rows. */
function scaledModel(scale: { factor: number }) {
  return defineReadModel<Counted>({
    name: "scaled",
    tables: [numbers],
    on: {
      counted: ({ position, data }) => sql`INSERT INTO ${numbers} VALUES (${position}, ${data.n * scale.factor})`,
    },
  });
}

/** Builds the model over a history of {@link HISTORY} events, with the factor 1. */
async function buildScaled(store: EventStore) {
  await append(store, HISTORY);
  const scale = { factor: 1 };
  const model = await store.readModel(scaledModel(scale));
  await model.caughtUp();
  return { store, scale, model };
}

interface Totals {
  readonly count: number;
  readonly sum: number | null;
}

const totals = sql`SELECT count(*) AS count, sum(n) AS sum FROM ${numbers}`;

const sumOf = (n: number): number => (n * (n + 1)) / 2;

const ask = async (model: ReadModel): Promise<Totals> => (await model.query<Totals>(totals))[0] as Totals;

async function append(store: EventStore, count: number, first = 1): Promise<number> {
  return (await store.stream("a").append(numbered(count, first))).position;
}

export const modelRebuildCases: readonly Case[] = [
  {
    name: "during a rebuild queries use the old tables, which stay up to date; the new ones replace them at once",
    needs: "sql",
    async run({ open }) {
      const { store, scale, model } = await buildScaled(await open());
      scale.factor = 2;
      const progress: BuildProgress[] = [];
      const meanwhile: Promise<Totals>[] = [];
      let more = 0;
      await model.rebuild({
        onProgress(now) {
          progress.push(now);
          if (now.phase !== "rebuilding") return;
          scale.factor = 2;
          const added = ++more;
          meanwhile.push(
            append(store, 1, 0)
              .then((position) => model.caughtUp(position))
              .then(() => ask(model))
              .then((found) => (equal(found.count >= HISTORY + added, true, "what was appended meanwhile"), found)),
          );
        },
      });
      const phases = progress.map(({ phase }) => phase);
      equal(
        [phases.slice(0, -1).every((phase) => phase === "rebuilding"), phases.at(-1)],
        [true, "caught-up"],
        "phases",
      );
      equal(progress.length > 3, true, "in several transactions");
      const sums = new Set((await Promise.all(meanwhile)).map(({ sum }) => sum));
      // The old rows or the new ones, never some of each.
      equal(
        [...sums].every((sum) => sum === sumOf(HISTORY) || sum === 2 * sumOf(HISTORY)),
        true,
        "what was seen meanwhile",
      );
      equal(sums.has(sumOf(HISTORY)), true, "the old rows were asked");
      equal(await ask(model), { count: HISTORY + more, sum: 2 * sumOf(HISTORY) }, "the new rows");
      await model.caughtUp(await append(store, 1, 5));
      equal((await ask(model)).sum, 2 * sumOf(HISTORY) + 10, "and on");
    },
  },
  {
    name: "an aborted rebuild leaves the old tables, and the next one continues where it ended",
    needs: "sql",
    async run({ open }) {
      const { scale, model } = await buildScaled(await open());
      scale.factor = 3;
      const signal = handSignal();
      let reached = 0;
      const aborted = failureOf(
        model.rebuild({
          signal,
          onProgress({ done }) {
            if (done === 0) return;
            reached = done;
            signal.abort("enough");
          },
        }),
        "it was aborted",
      );
      equal([await aborted, signal.listeners], ["enough", 0], "aborted");
      equal([reached > 0, reached < HISTORY], [true, true], "in the middle");
      equal(await ask(model), { count: HISTORY, sum: sumOf(HISTORY) }, "the old rows");
      const progress: number[] = [];
      await model.rebuild({ onProgress: ({ done }) => progress.push(done) });
      equal([(progress[0] as number) > reached, progress.at(-1)], [true, HISTORY], "it went on");
      equal(await ask(model), { count: HISTORY, sum: 3 * sumOf(HISTORY) }, "the new rows");
    },
  },
  {
    name: "a shared rebuild continues while one call waits for it, and each call rejects by its own signal only",
    needs: "sql",
    async run({ open }) {
      const { scale, model } = await buildScaled(await open());
      scale.factor = 2;
      const [first, second, third] = [handSignal(), handSignal(), handSignal()];
      const told: BuildProgress[] = [];
      const reason = new Error("the first one leaves");
      const left = model.rebuild({
        signal: first,
        onProgress(progress) {
          told.push(progress);
          first.abort(reason);
        },
      });
      const stays = model.rebuild({ signal: second });
      const also = model.rebuild();
      third.abort(new Error("before it began"));
      equal(
        await failureOf(model.rebuild({ signal: third }), "it was not refused"),
        third.reason,
        "one that was aborted before",
      );
      equal(await failureOf(left, "it was not refused"), reason, "the one who left");
      await Promise.all([stays, also]);

      equal(told.length, 1, "how often the one who left was told");
      equal(await ask(model), { count: HISTORY, sum: 2 * sumOf(HISTORY) }, "the rows");
      equal([first.listeners, second.listeners], [0, 0], "listeners left behind");

      scale.factor = 3;
      const [one, two] = [handSignal(), handSignal()];
      const both = [model.rebuild({ signal: one, onProgress: () => one.abort(1) }), model.rebuild({ signal: two })];
      equal(await failureOf(both[0] as Promise<void>, "it went on"), 1, "the first of two who leave");
      two.abort(2);
      equal(await failureOf(both[1] as Promise<void>, "it went on"), 2, "the last one");
      equal(await ask(model), { count: HISTORY, sum: 2 * sumOf(HISTORY) }, "the rows, where nobody wanted it any more");
      await model.rebuild();
      equal(await ask(model), { count: HISTORY, sum: 3 * sumOf(HISTORY) }, "the rows after the next");
    },
  },
  {
    name: "a rebuild that was begun with other handlers is not continued",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      await append(store, HISTORY);
      const model = await store.readModel(scaledModel({ factor: 1 }));
      await model.caughtUp();
      const signal = handSignal();
      const onProgress = ({ done }: BuildProgress): void => void (done > 0 && signal.abort("enough"));
      equal(await failureOf(model.rebuild({ signal, onProgress }), "it was aborted"), "enough", "aborted");
      await model.close();
      const fixed = await store.readModel(
        defineReadModel<Counted>({
          name: "scaled",
          tables: [numbers],
          on: { counted: ({ position }) => sql`INSERT INTO ${numbers} VALUES (${position}, ${1})` },
        }),
      );
      await fixed.rebuild();
      equal(await ask(fixed), { count: HISTORY, sum: HISTORY }, "rows of the new handlers alone");
    },
  },
  {
    name: "a rebuild by another store is seen here, too, by caughtUp, queries and live queries",
    needs: ["sql", "alongside"],
    async run({ open, alongside }) {
      const store = await open();
      await append(store, HISTORY);
      const scale = { factor: 1 };
      const [here, there] = [
        await store.readModel(scaledModel(scale)),
        await (await alongside(store)).readModel(scaledModel(scale)),
      ];
      for (const model of [here, there]) await model.caughtUp();
      const live = here.live<Totals>(totals);
      equal((await live.caughtUp()).state, [{ count: HISTORY, sum: sumOf(HISTORY) }], "before");
      const states = live[Symbol.asyncIterator]();
      await states.next();
      const next = states.next();
      scale.factor = 2;
      await there.rebuild();
      equal((await next).value?.state, [{ count: HISTORY, sum: 2 * sumOf(HISTORY) }], "without any event");
      equal(await here.caughtUp(), HISTORY, "caught up");
      const position = await append(store, 1, 1);
      for (const model of [here, there]) {
        await model.caughtUp(position);
        equal(await ask(model), { count: HISTORY + 1, sum: 2 * sumOf(HISTORY) + 2 }, "and on");
      }
    },
  },
  {
    name: "two rebuilds at once, by two stores that append meanwhile, leave every event in the tables once",
    needs: ["sql", "alongside"],
    async run({ open, alongside }) {
      const store = await open();
      await append(store, HISTORY);
      const other = await alongside(store);
      const models = [
        await store.readModel(scaledModel({ factor: 1 })),
        await other.readModel(scaledModel({ factor: 1 })),
      ];
      for (const model of models) await model.caughtUp();
      const [positions] = await Promise.all([
        Promise.all(range(1, 40).map((n) => append(n % 2 === 0 ? store : other, 1, n))),
        ...models.map((model) => model.rebuild()),
      ]);
      for (const model of models) {
        await model.caughtUp(Math.max(...positions));
        equal(await ask(model), { count: HISTORY + 40, sum: sumOf(HISTORY) + sumOf(40) }, "rows");
      }
    },
  },
  {
    name: "a rebuild whose handler fails rejects, and the old tables stay in use and up to date",
    needs: "sql",
    async run({ open }) {
      const store = await open();
      await append(store, 10);
      const allowed = { upTo: Infinity };
      const model = await store.readModel(
        defineReadModel<Counted>({
          name: "moody",
          tables: [numbers],
          on: {
            counted({ position, data }) {
              if (position > allowed.upTo) throw new Error("not now");
              return sql`INSERT INTO ${numbers} VALUES (${position}, ${data.n})`;
            },
          },
        }),
      );
      await model.caughtUp();
      allowed.upTo = 4;
      const { details } = await fails(model.rebuild(), "projection-failed", "rebuild");
      equal(details.position, 5, "where");
      allowed.upTo = Infinity;
      await model.caughtUp(await append(store, 1, 11));
      equal([await ask(model), model.error], [{ count: 11, sum: sumOf(11) }, undefined], "fed on");
      await fails(model.rebuild({ onprogress: () => undefined } as never), "invalid-argument", "a misspelt option");
      await model.close();
      await fails(model.rebuild(), "store-closed", "closed");
    },
  },
];
