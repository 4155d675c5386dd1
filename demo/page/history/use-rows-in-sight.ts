import type { RefObject } from "preact";
import { useLayoutEffect, useState } from "preact/hooks";

/** Rows beyond what is in sight that are drawn too, so that scrolling meets no white. */
const BEYOND = 8;

/** From the first to the last row that is to be drawn, by their indexes from the top. */
interface RowsInSight {
  readonly first: number;
  readonly last: number;
}

/**
 * Which rows are to be drawn of as many as there are. They are all of one height, so that this takes no longer for a million of
 * them, nor when one more comes.
 */
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
