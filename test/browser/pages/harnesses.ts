import { memory, openEventStore } from "rivulet";
import { conformanceCases, type ConformanceHarness } from "rivulet/testing";

/** Where the suite is run in a page; a test lists the same names with the same hooks. */
export const harnesses: Readonly<Record<string, ConformanceHarness>> = {
  memory: { open: (options) => openEventStore(memory(), options) },
};

export async function runCase(harness: string, name: string): Promise<void> {
  const hooks = harnesses[harness];
  const found = hooks && conformanceCases(hooks).find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no case "${name}" over ${harness}`);
  await found.run();
}
