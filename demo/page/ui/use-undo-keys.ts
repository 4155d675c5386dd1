import { useEffect } from "preact/hooks";
import type { Actions } from "../session/actions.ts";

/** Text fields undo what was typed, and the inspector has keys of its own. */
const OTHERS = "input:not([type=range], [type=radio], [type=checkbox]), rivulet-inspector";

/** Ctrl+Z takes the last command of this tab back, and Ctrl+Shift+Z or Ctrl+Y gives it again (on a Mac, with Cmd). */
export function useUndoKeys({ undo, redo }: Actions): void {
  useEffect(() => {
    const heed = (event: KeyboardEvent): void => {
      const { key, ctrlKey, metaKey, shiftKey, altKey, target, repeat } = event;
      if (ctrlKey === metaKey || altKey || (target instanceof Element && target.closest(OTHERS) !== null)) return;
      const pressed = key.toLowerCase();
      if (pressed !== "z" && (pressed !== "y" || shiftKey)) return;
      event.preventDefault();
      // Each undo is an event that everybody sees, so a key that is held down gives one.
      if (!repeat) void (pressed === "z" && !shiftKey ? undo() : redo());
    };
    document.addEventListener("keydown", heed);
    return () => document.removeEventListener("keydown", heed);
  }, [undo, redo]);
}
