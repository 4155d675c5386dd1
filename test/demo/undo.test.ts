import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { Command } from "../../demo/counter/commands.ts";
import type { Counter } from "../../demo/counter/counter.ts";
import { openCounterService } from "../../demo/counter/open-service.ts";
import type { CounterService } from "../../demo/counter/service.ts";
import { createActions, type Act, type Actions } from "../../demo/page/session/actions.ts";
import { createNotices } from "../../demo/page/session/notices.ts";
import { randomFrom } from "../support/random.ts";
import { unawaited } from "../support/unawaited.ts";

const X = "counter-x";
const Y = "counter-y";

const add = (stream: string, by: number): Command => ({ type: "add", stream, by });
const openX: Command = { type: "open", label: "X" };
const removeX: Command = { type: "remove", stream: X };

interface Tab extends Actions {
  /** The messages that are shown. */
  messages(): readonly (string | undefined)[];
  /** Their kinds: at the counters, at the card that adds one, and at X. */
  kinds(): readonly (string | undefined)[];
  setFrozen(frozen: boolean): void;
  /** Appends a random walk, which an undo stops. */
  walk(events: number, onProgress?: () => void): Promise<unknown>;
  conflict(): Promise<unknown>;
}

describe("undo in a tab", () => {
  let service: CounterService;

  beforeEach(async () => {
    service = await openCounterService(await openEventStore(betterSqlite3()));
    onTestFinished(() => service.close());
    for (const label of ["X", "Y"]) await service.run({ type: "open", label }, "before");
  });

  function openTab(tab: string): Tab {
    const notices = createNotices();
    let frozen = false;
    const ways = { follow: <Result>(_: Command, give: (onStored: () => void) => Promise<Result>) => give(() => {}) };
    const actions = createActions(service, { tab, notices, ways, isFrozen: () => frozen });
    return {
      ...actions,
      walk(events, onProgress) {
        const controller = new AbortController();
        const { signal } = controller;
        const task: Act<unknown> = async (sender, wrote) => {
          const told = (): void => {
            wrote();
            onProgress?.();
          };
          await service.appendMany(X, events, sender, { signal, onProgress: told }).catch((error: unknown) => {
            if (!signal.aborted) throw error;
          });
        };
        return actions.act(X, task, { stop: () => controller.abort() });
      },
      conflict: () => actions.act(X, (sender, wrote) => service.conflict(X, sender).finally(wrote)),
      messages: () => ["counters", `counter ${X}`].map((place) => notices(place).shown.value?.title),
      kinds: () => ["counters", "new counter", `counter ${X}`].map((place) => notices(place).shown.value?.kind),
      setFrozen: (now) => (frozen = now),
    };
  }

  async function counter(stream: string): Promise<Counter | undefined> {
    return (await service.countersAt(Number.MAX_SAFE_INTEGER))[stream];
  }
  const value = async (stream: string): Promise<number | undefined> => (await counter(stream))?.value;
  const shown = async (stream: string): Promise<unknown> => {
    const { label, value: now, open } = (await counter(stream)) ?? {};
    return { label, open, value: now };
  };

  test("presses in quick succession take the commands back from the last one, also one that is not yet stored", async () => {
    const tab = openTab("A");
    await tab.run(add(Y, 100));
    await tab.run(add(X, 1));
    await Promise.all([tab.run(add(Y, 5)), tab.undo(), tab.undo()]);
    expect([await value(X), await value(Y)]).toEqual([0, 100]);
    await Promise.all([tab.redo(), tab.redo(), tab.redo()]);
    expect([await value(X), await value(Y)]).toEqual([1, 105]);
  });

  test.each<[string, (other: Tab) => Promise<unknown>, number]>([
    ["another tab", (other) => other.run(add(X, 50)), 50],
    ["a conflict", () => service.conflict(X, { tab: "A" }), 11],
  ])("what %s did meanwhile stays", async (_what, meanwhile, left) => {
    const [tab, other] = [openTab("A"), openTab("B")];
    await tab.run(add(X, 1));
    await meanwhile(other);
    await tab.undo();
    expect(await value(X)).toBe(left);
    await tab.redo();
    expect(await value(X)).toBe(left + 1);
  });

  test("what cannot be undone any more is refused once, and the commands before it can be undone", async () => {
    const [tab, other] = [openTab("A"), openTab("B")];
    await tab.run(add(Y, 7));
    await tab.run(add(X, 1));
    await other.run({ type: "undo", stream: X });
    await tab.undo();
    expect(tab.messages().join()).toContain("cannot be undone any more");
    expect([await value(X), await value(Y)]).toEqual([0, 7]);
    await tab.undo();
    expect(await value(Y)).toBe(0);
  });

  test("an undo is kept while nothing can be changed", async () => {
    const tab = openTab("A");
    await tab.run(add(X, 1));
    tab.setFrozen(true);
    await tab.undo();
    expect(await value(X)).toBe(1);
    tab.setFrozen(false);
    await tab.undo();
    expect(await value(X)).toBe(0);
  });

  test("with nothing left for the keys, the user is told so, truly and not as an error, and not while nothing can be changed", async () => {
    const tab = openTab("A");
    await openTab("B").run(add(X, 11));
    tab.setFrozen(true);
    await tab.undo();
    expect(tab.kinds()).toEqual([undefined, undefined, undefined]);
    tab.setFrozen(false);
    await tab.undo();
    expect(await value(X)).toBe(11);
    expect(tab.kinds()).toEqual(["done", undefined, undefined]);
    expect(tab.messages()[0]).toBe("Ctrl+Z has nothing left to undo.");
  });

  test.each<[string, (tab: Tab) => Promise<unknown>]>([
    ["a random walk of several transactions", (tab) => tab.walk(1_200)],
    ["a conflict of two writers", (tab) => tab.conflict()],
  ])("%s is undone and redone as one, by the keys and by the arrow, and nothing else is", async (_what, act) => {
    const [tab, other] = [openTab("A"), openTab("B")];
    await tab.run(add(X, 5));
    const acting = act(tab);
    await Promise.all([acting, other.run(add(X, 50))]);
    const together = (await value(X)) ?? 0;
    await tab.undo();
    expect(await value(X)).toBe(55);
    await tab.redo();
    expect(await value(X)).toBe(together);
    await tab.undo();
    await tab.undo();
    expect(await value(X)).toBe(50);
    await tab.redo();
    await tab.redo();
    // All of it, whatever was the newest change: these three are all that can be undone.
    for (let press = 0; press < 3; press += 1) await tab.run({ type: "undo", stream: X });
    expect(await shown(X)).toEqual({ label: "X", open: true, value: 0 });
    expect(await counter(X)).toMatchObject({ undo: [], redo: { length: 3 } });
  });

  test("of an act that was undone before its end, the rest is another change, and can be undone", async () => {
    const tab = openTab("A");
    await tab.act(X, async (sender, wrote) => {
      await service.appendMany(X, 20, sender, { onProgress: wrote });
      await openTab("B").run({ type: "undo", stream: X });
      expect(await value(X)).toBe(0);
      await service.appendMany(X, 20, sender);
    });
    await tab.undo();
    expect(await value(X)).toBe(0);
  });

  const untilProgress = (tab: Tab): Promise<{ readonly ended: Promise<unknown> }> =>
    new Promise((resolve) => {
      const ended = tab.walk(100_000, () => resolve({ ended }));
    });

  test.each<[string, (tab: Tab) => Promise<{ readonly ended: Promise<unknown> }>]>([
    ["a random walk that has appended nothing yet", async (tab) => ({ ended: tab.walk(100_000) })],
    ["a random walk", untilProgress],
    ["a conflict of two writers", async (tab) => ({ ended: tab.conflict() })],
  ])("%s that still runs is what an undo takes back, and not the command before it", async (_what, begin) => {
    const tab = openTab("A");
    await tab.run(add(X, 5));
    const { ended } = await begin(tab);
    await tab.undo();
    expect(await value(X)).toBe(5);
    await ended;
    const together = (await counter(X))?.changes.reduce((sum, { by }) => sum + by, 0);
    // The end of the act did not empty the list.
    await tab.redo();
    expect(await value(X)).toBe(together);
    for (let press = 0; press < 2; press += 1) await tab.undo();
    expect(await value(X)).toBe(0);
    expect(tab.kinds()).toEqual([undefined, undefined, undefined]);
  });

  test("an act is taken back by its id, whatever was done after it, and is told so once its event is stored", async () => {
    const tab = openTab("A");
    const told: unknown[] = [];
    let id: string | undefined;
    await tab.act(
      X,
      async (sender, wrote) => {
        id = sender.act;
        await service.conflict(X, sender);
        wrote();
      },
      { onUndone: () => unawaited(value(X).then((now) => told.push(now))) },
    );
    await tab.run(add(Y, 5));

    await Promise.all([tab.undo(id), tab.undo(id)]);

    await expect.poll(() => told).toEqual([0]);
    expect([await value(X), await value(Y)]).toEqual([0, 5]);
    await tab.undo();
    expect(await value(Y)).toBe(0);
  });

  test("an act that was stopped, and cannot be taken back, is not told that it was", async () => {
    const tab = openTab("A");
    let undone = 0;
    let stop = (): void => undefined;
    const acting = tab.act(
      X,
      async (sender, wrote) => {
        await service.conflict(X, sender);
        wrote();
        await new Promise<void>((resolve) => (stop = resolve));
      },
      { stop: () => [tab.setFrozen(true), stop()], onUndone: () => (undone += 1) },
    );
    await expect.poll(() => value(X)).toBe(11);

    await tab.undo();
    await acting;

    expect([undone, await value(X)]).toEqual([0, 11]);
    tab.setFrozen(false);
    await tab.undo();
    expect([undone, await value(X)]).toEqual([1, 0]);
  });

  test("what is done while an act runs is undone before it, and an act that failed before it wrote is not undone", async () => {
    const tab = openTab("A");
    await tab.run(add(X, 5));
    const { ended } = await untilProgress(tab);
    await tab.run(add(Y, 1));
    await tab.undo();
    expect(await value(Y)).toBe(0);
    await tab.undo();
    await ended;
    expect(await value(X)).toBe(5);
    await expect(tab.act(X, async () => Promise.reject(new Error("nothing")))).rejects.toThrow("nothing");
    await tab.undo();
    expect(await value(X)).toBe(0);
    expect(tab.kinds()).toEqual([undefined, undefined, undefined]);
  });

  test("a name that is refused is told of where it was typed, until a command is taken", async () => {
    const tab = openTab("A");
    expect(await tab.run({ type: "open", label: "x" })).toBe(false);
    expect(tab.kinds()).toEqual([undefined, "problem", undefined]);
    await tab.run(add(Y, 1));
    expect(tab.kinds()).toEqual([undefined, undefined, undefined]);
  });

  test("a counter that was added in the place of a removed one gives back its value, label and changes", async () => {
    const tab = openTab("A");
    await tab.run(add(X, 42));
    await tab.run(removeX);
    await tab.run({ type: "open", label: "x" });
    expect(await shown(X)).toEqual({ label: "x", open: true, value: 0 });
    await tab.undo();
    await tab.undo();
    expect(await shown(X)).toEqual({ label: "X", open: true, value: 42 });
    await expect
      .poll(() => service.ranking.state.map(({ label, value: now }) => [label, now]))
      .toContainEqual(["X", 42]);
    expect((await counter(X))?.undo).toHaveLength(1);
    await tab.undo();
    expect(await value(X)).toBe(0);
    for (let again = 0; again < 3; again += 1) await tab.redo();
    expect(await shown(X)).toEqual({ label: "x", open: true, value: 0 });
  });

  test("a removal can be undone by the keys only while it is the last command", async () => {
    const tab = openTab("A");
    await tab.run(removeX);
    expect(tab.undoesRemovalOf.value).toBe(X);
    await tab.run(add(Y, 1));
    expect(tab.undoesRemovalOf.value).toBeUndefined();
    await tab.undo();
    expect(tab.undoesRemovalOf.value).toBe(X);
    await tab.undo();
    expect(tab.undoesRemovalOf.value).toBeUndefined();
  });

  test.each(Array.from({ length: 12 }, (_, seed) => seed))(
    "a tab that undoes all it did leaves what the other did, story %i",
    async (seed) => {
      const { below: draw } = randomFrom(seed);
      const [tab, other] = [openTab("A"), openTab("B")];
      // What the other tab has done, by its own undo.
      const theirs: number[] = [];
      const undone: number[] = [];
      for (let step = 0; step < 30; step += 1) {
        const by = 1 + draw(9);
        const act = draw(8);
        if (act < 2) await tab.run(add(X, by));
        else if (act === 7) await tab.walk(by);
        else if (act === 2) await tab.undo();
        else if (act === 3) await tab.redo();
        else if (act === 4) {
          await other.undo();
          const last = theirs.pop();
          if (last !== undefined) undone.push(last);
        } else if (act === 5) {
          await other.redo();
          const last = undone.pop();
          if (last !== undefined) theirs.push(last);
        } else {
          await other.run(add(X, by));
          theirs.push(by);
          undone.length = 0;
        }
      }
      for (let step = 0; step < 31; step += 1) await tab.undo();
      expect(await value(X)).toBe(theirs.reduce((sum, by) => sum + by, 0));
    },
  );

  test.each(Array.from({ length: 12 }, (_, seed) => seed))(
    "undoing every command gives back the counter as it was, story %i",
    async (seed) => {
      const { below: draw } = randomFrom(1_000 + seed);
      const tab = openTab("A");
      await service.run(add(X, 42), "before");
      const commands: readonly (() => Promise<unknown>)[] = [
        () => tab.run(add(X, 1 + draw(9))),
        () => tab.run({ type: "undo", stream: X }),
        () => tab.run({ type: "redo", stream: X }),
        () => tab.run(removeX),
        () => tab.run({ type: "restore", stream: X }),
        async () => (await counter(X))?.open === true && tab.walk(1 + draw(5)),
        async () => (await counter(X))?.open === true && tab.conflict(),
        () => tab.run(draw(2) === 0 ? openX : { type: "open", label: "x" }),
        () => tab.undo(),
        () => tab.redo(),
      ];
      for (let step = 0; step < 25; step += 1) await commands[draw(commands.length)]?.();
      for (let step = 0; step < 26; step += 1) await tab.undo();
      expect(await shown(X)).toEqual({ label: "X", open: true, value: 42 });
      await expect.poll(() => service.ranking.state.find(({ stream }) => stream === X)?.value).toBe(42);
    },
  );
});
