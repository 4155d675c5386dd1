/** What `rivulet/svelte` shows as stores. */
import { createCommand } from "rivulet/svelte";
import { expect, test } from "vitest";
import { until } from "../support/until.ts";

test("a store tells of a change right after the subscription, of every later one, and of none after its end", async () => {
  let release: (result: number) => void = () => undefined;
  const command = createCommand((_by: number) => new Promise<number>((resolve) => (release = resolve)));
  const told: unknown[] = [];
  const unsubscribe = command.subscribe(({ pending, result }) => told.push([pending, result]));

  const running = command.run(1);
  await until(() => told.length > 1);
  release(7);
  await running;
  expect(told).toEqual([
    [false, undefined],
    [true, undefined],
    [false, 7],
  ]);

  unsubscribe();
  const last = command.run(2);
  release(8);
  await last;
  expect([told.length, command.current.result]).toEqual([3, 8]);
});
