/** The conformance suite for a browser that a test can only start: runs every case, and posts what came of it. */
import { conformanceCases } from "rivulet/testing";
import { harnesses } from "./harnesses.ts";

/** By harness and case. */
export type Report = Record<string, Record<string, { readonly error?: string }>>;

/** Far longer than any case takes, in milliseconds: one that hangs is to be named. */
const LONGEST_CASE = 20_000;

const report: Report = {};
for (const [harness, hooks] of Object.entries(harnesses)) {
  const results: Report[string] = {};
  for (const { name, run } of conformanceCases(hooks)) results[name] = await outcomeOf(run());
  report[harness] = results;
}
await fetch("/report", { method: "POST", body: JSON.stringify(report) });

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
