import { signal, type ReadonlySignal } from "@preact/signals";
import { toProblem } from "./problem.ts";

interface Notice {
  readonly kind: "done" | "problem";
  readonly title: string;
  readonly advice: string;
}

/** How long a notice of success is shown, in milliseconds; a problem is shown until it is over, or closed. */
const STAY = 8_000;

/** The message to the user at one place of the page. A new one replaces it, so none is older than what is beside it. */
export interface Notices {
  readonly shown: ReadonlySignal<Notice | undefined>;
  tell(title: string, advice?: string): void;
  /** Tells the user of an error; an aborted task is not one. */
  report(error: unknown): void;
  close(): void;
  /** Runs a task, and shows its error if it fails. If it succeeds, an earlier problem is over, and is no longer shown. */
  attempt<Result>(task: () => Promise<Result>): Promise<Result | undefined>;
}

/** The messages of the page, each beside what it is about: `notices("files")`. */
export type NoticesOf = (place: string) => Notices;

export function createNotices(): NoticesOf {
  const places = new Map<string, Notices>();
  return (place) => {
    const known = places.get(place) ?? createPlace();
    places.set(place, known);
    return known;
  };
}

function createPlace(): Notices {
  const shown = signal<Notice | undefined>(undefined);
  const report = (error: unknown): void => {
    if (error instanceof DOMException && error.name === "AbortError") return;
    const { title, advice } = toProblem(error);
    shown.value = { kind: "problem", title, advice };
  };
  return {
    shown,
    report,
    close: () => (shown.value = undefined),
    tell(title, advice = "") {
      const notice = { kind: "done", title, advice } as const;
      shown.value = notice;
      setTimeout(() => {
        if (shown.value === notice) shown.value = undefined;
      }, STAY);
    },
    async attempt(task) {
      const before = shown.value;
      try {
        const result = await task();
        if (shown.value === before && before?.kind === "problem") shown.value = undefined;
        return result;
      } catch (error) {
        report(error);
        return undefined;
      }
    },
  };
}
