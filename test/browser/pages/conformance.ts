import { memory, openEventStore } from "rivulet";
import { conformanceCases, type ConformanceCase, type ConformanceHarness } from "rivulet/testing";

const harnesses: Readonly<Record<string, ConformanceHarness>> = {
  memory: { open: (options) => openEventStore(memory(), options) },
};

function casesOf(harness: string): readonly ConformanceCase[] {
  const found = harnesses[harness];
  if (found === undefined) throw new Error(`no harness is called ${harness}`);
  return conformanceCases(found);
}

async function run(harness: string, name: string): Promise<void> {
  const found = casesOf(harness).find((one) => one.name === name);
  if (found === undefined) throw new Error(`no case is called ${name}`);
  await found.run();
}

const conformance = { run };

declare global {
  interface Window {
    readonly conformance: typeof conformance;
  }
}

Object.assign(globalThis, { conformance });
