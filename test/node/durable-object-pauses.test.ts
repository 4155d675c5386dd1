import { expect, onTestFinished, test } from "vitest";
import { startWorkerd } from "../support/workerd.ts";

test("others run while an object appends without a break, though its clock stands still", async () => {
  const workerd = await startWorkerd("busy", "Busy");
  onTestFinished(workerd.close);

  expect(await workerd.ask("/?appends=1000&size=1")).toBeGreaterThan(4);
  expect(await workerd.ask("/?appends=20&size=1000")).toBeGreaterThan(9);
});
