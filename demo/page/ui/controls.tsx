import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Place, Session } from "../session/session.ts";
import { Choice } from "./choice.tsx";
import { Icon } from "./icon.tsx";
import { TabMark } from "./tab-mark.tsx";

const PLACES: readonly (readonly [Place, string])[] = [
  ["local", "Browser"],
  ["server", "Server"],
];

/** At the top: where the counters are, who this tab is, and the theme. */
export function Controls({ session, tab }: { readonly session: Session; readonly tab: string }): VNode {
  return (
    <>
      <span class="me">
        this tab: <TabMark name={tab} />
      </span>
      <Choice label="Where the counters are" value={session.place.value} options={PLACES} onChoose={session.switchTo} />
      <ThemeButton />
    </>
  );
}

function ThemeButton(): VNode {
  const [dark, setDark] = useState(isDark);
  const toggle = (): void => {
    const theme = dark ? "light" : "dark";
    document.documentElement.dataset["theme"] = theme;
    localStorage.setItem("theme", theme);
    document.dispatchEvent(new Event("theme"));
    setDark(!dark);
  };
  return (
    <button type="button" class="icon-button" aria-label={dark ? "Light theme" : "Dark theme"} onClick={toggle}>
      <Icon name={dark ? "sun" : "moon"} />
    </button>
  );
}

function isDark(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : chosen === "dark";
}
