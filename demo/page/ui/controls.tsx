import type { VNode } from "preact";
import { useState } from "preact/hooks";
import type { Kept } from "../session/kept.ts";
import type { Mode, Session } from "../session/session.ts";
import { Choice } from "./choice.tsx";
import { Icon } from "./icon.tsx";
import { InspectButton } from "./inspect-button.tsx";
import { TabMark } from "./tab-mark.tsx";
import { useMedia } from "./use-media.ts";

const MODES: readonly (readonly [Mode, string])[] = [
  ["local", "This browser"],
  ["shared", "Shared"],
];

interface ControlsProps {
  readonly session: Session;
  readonly tab: string;
  /** The storage of the chosen theme. */
  readonly kept: Kept;
}

/** The controls at the top: the name of this tab, whose counters are shown, the inspector, and the theme. */
export function Controls({ session, tab, kept }: ControlsProps): VNode {
  return (
    <>
      <span class="me">
        this tab: <TabMark name={tab} />
      </span>
      <Choice label="Whose counters are shown" value={session.mode.value} options={MODES} onChoose={session.switchTo} />
      <InspectButton session={session} />
      <ThemeButton kept={kept} />
    </>
  );
}

function ThemeButton({ kept }: Pick<ControlsProps, "kept">): VNode {
  const [chosen, choose] = useState(document.documentElement.dataset["theme"]);
  const system = useMedia("(prefers-color-scheme: dark)");
  const dark = chosen === undefined ? system : chosen === "dark";
  const toggle = (): void => {
    const theme = dark ? "light" : "dark";
    document.documentElement.dataset["theme"] = theme;
    kept.setItem("theme", theme);
    document.dispatchEvent(new Event("theme"));
    choose(theme);
  };
  return (
    <button type="button" class="icon-button" aria-label={dark ? "Light theme" : "Dark theme"} onClick={toggle}>
      <Icon name={dark ? "sun" : "moon"} />
    </button>
  );
}
