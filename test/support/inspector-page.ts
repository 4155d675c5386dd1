import type { Locator, Page } from "playwright-core";

/** What a user does with the inspector of `test/browser/pages/inspector.ts`, and where to look. */
export interface InspectorPage {
  /** Loads and shows the inspector. `bare`: with the store alone. */
  show(given?: { readonly docked?: boolean; readonly bare?: boolean }): Promise<void>;
  /** Opens one of the views. */
  open(view: string): Promise<void>;
  /** Fills a field of the view, and presses Enter. */
  fillIn(label: string, text: string): Promise<void>;
  panel(): Locator;
  list(): Locator;
  rowsOf(): Locator;
  detail(): Locator;
  /** Returns how many events the filter of the log has found. */
  counted(): Promise<string>;
}

/** The page is that of the running test. */
export function inspectorOn(page: () => Page): InspectorPage {
  const panel = (): Locator => page().getByRole("tabpanel");
  const list = (): Locator => page().getByRole("listbox", { name: "Events, the newest first" });
  return {
    async show(given = {}) {
      await page().evaluate((options) => window.inspected.show(options), given);
      await page().getByRole("tablist").waitFor();
    },
    open: (view) => page().getByRole("tab", { name: view, exact: true }).click(),
    async fillIn(label, text) {
      const input = panel().getByLabel(label, { exact: true });
      await input.fill(text);
      await input.press("Enter");
    },
    panel,
    list,
    rowsOf: () => list().getByRole("option"),
    detail: () => page().getByRole("article", { name: "Event" }),
    counted: () => page().locator(".tools [role=status]").first().innerText(),
  };
}
