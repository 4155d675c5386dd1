import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnProcess } from "./child.ts";
import { pathOf } from "./installed-browsers.ts";
import { showBrowser, type ShownBrowser } from "./shown-browser.ts";

/**
 * Starts Debian's WebKitGTK on a new profile and a display of its own. `features`: what is turned on of what this WebKit leaves off,
 * as `MiniBrowser --features=help` lists it.
 */
export async function startWebKit(url: string, features: readonly string[] = []): Promise<ShownBrowser> {
  const profile = mkdtempSync(join(tmpdir(), "rivulet-webkit-"));
  const display = spawnProcess(pathOf("xvfb"), ["-displayfd", "1", "-nolisten", "tcp"], profile);
  const killDisplay = (): void => display.kill();
  process.once("exit", killDisplay);
  const number = await display.line("");
  const browser = showBrowser("WebKit", {
    program: pathOf("webkit"),
    args: [...(features.length > 0 ? [`--features=${features.map((name) => `+${name}`).join()}`] : []), url],
    profile,
    // Accessibility and settings of a desktop would be looked for on its bus.
    environment: { DISPLAY: `:${number}`, GDK_BACKEND: "x11", NO_AT_BRIDGE: "1", GSETTINGS_BACKEND: "memory" },
  });
  const withDisplay =
    (end: () => Promise<void>): (() => Promise<void>) =>
    async () => {
      await end();
      display.kill();
      await display.ended;
      process.off("exit", killDisplay);
    };
  return { ...browser, kill: withDisplay(browser.kill), close: withDisplay(browser.close) };
}
