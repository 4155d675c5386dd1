/** The examples of the site, as a visitor uses them. */
import type { Locator } from "playwright-core";

/** Runs an example until its status is the outcome. */
export async function runExample(example: Locator, outcome = "done"): Promise<void> {
  await example.getByRole("button", { name: "Run" }).click();
  await example.getByText(new RegExp(`^${outcome}$`)).waitFor();
}

/** Replaces the code of an example. */
export async function editExample(example: Locator, code: string): Promise<void> {
  const start = example.getByRole("button", { name: "Edit" });
  if (await start.isVisible()) await start.click();
  await example.getByLabel("Code of the example").fill(code);
}

/** Returns what an example has printed. */
export async function outputOf(example: Locator): Promise<string> {
  return (await example.locator(".output").innerText()).trim();
}
