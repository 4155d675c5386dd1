import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** The number of additional rows drawn outside of the visible part, so that scrolling shows no blank space. */
export const BEYOND = 8;

/** The first and last row to draw, by their indexes from the top. */
interface RowsInSight {
  readonly first: number;
  readonly last: number;
}

/** Returns which rows to draw. All rows have the same height, so this is as fast for a million rows as for ten. */
export function useRowsInSight(place: RefObject<HTMLElement | null>, count: number, rowHeight: number): RowsInSight {
  const [{ first, last }, setRows] = useState<RowsInSight>({ first: 0, last: 0 });
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const look = (): void => {
      const { scrollTop, clientHeight } = element;
      const now = {
        first: Math.max(0, Math.floor(scrollTop / rowHeight) - BEYOND),
        last: Math.ceil((scrollTop + clientHeight) / rowHeight) + BEYOND,
      };
      setRows((before) => (before.first === now.first && before.last === now.last ? before : now));
    };
    const resizing = new ResizeObserver(look);
    look();
    resizing.observe(element);
    element.addEventListener("scroll", look, { passive: true });
    return () => {
      resizing.disconnect();
      element.removeEventListener("scroll", look);
    };
  }, [place, rowHeight]);
  return { first: Math.min(first, Math.max(0, count - 1)), last: Math.min(last, count - 1) };
}
