/** Imports the files that the test has prepared over a database, and posts the outcome of each and what the database holds then. */
import { tab } from "./tabs.ts";

interface Found {
  readonly outcomes: readonly string[];
  readonly kept: number;
  readonly appended: readonly (readonly [number, number])[];
  readonly imported: string;
  readonly after: number;
}

async function importAll(): Promise<Found> {
  const { manipulated, sound } = (await (await fetch("/files.json")).json()) as {
    manipulated: string[];
    sound: string;
  };
  await tab.open({ name: "kept" });
  await tab.append("kept", 0, 3);
  const outcomes: string[] = [];
  for (const bytes of manipulated) outcomes.push(await tab.import(bytes));
  const kept = (await tab.read()).length;
  const appended = await tab.append("kept", 3, 1);
  const imported = await tab.import(sound);
  await tab.open({ name: "kept" });
  return { outcomes, kept, appended, imported, after: (await tab.read()).length };
}

const found = await importAll().catch(String);
await fetch("/found", { method: "POST", body: JSON.stringify(found) });
