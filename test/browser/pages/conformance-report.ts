/**
 * The conformance suite for a browser that a test can only start: runs every case, and posts its result. `?only=` runs
 * the cases of one harness, and may be repeated.
 */
import { conformanceCases } from "rivulet/testing";
import { harnesses } from "./harnesses.ts";

/** The results by case. */
type Results = Record<string, { readonly error?: string }>;

/** The results by harness. */
export type Report = Record<string, Results>;

/** Cases are independent, and spend most of their time starting a worker. */
const AT_ONCE = 2;

/** Far longer than any case takes, in milliseconds, so that a case that hangs is named. */
const LONGEST_CASE = 180_000;

const only = new URLSearchParams(location.search).getAll("only");
const chosen = Object.entries(harnesses).filter(([name]) => only.length === 0 || only.includes(name));

const report: Report = {};
const waiting = chosen.flatMap(([harness, hooks]) => {
  report[harness] = {};
  return conformanceCases(hooks).map(({ name, run }) => ({ harness, name, run }));
});
await Promise.all(Array.from({ length: AT_ONCE }, runWaiting));
await fetch("/report", { method: "POST", body: JSON.stringify(report) });

async function runWaiting(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    (report[next.harness] as Results)[next.name] = await outcomeOf(next.run());
  }
}

async function outcomeOf(running: Promise<void>): Promise<{ error?: string }> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hanging = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`it hung for ${LONGEST_CASE} ms`)), LONGEST_CASE);
  });
  try {
    await Promise.race([running, hanging]);
    return {};
  } catch (error) {
    return { error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
