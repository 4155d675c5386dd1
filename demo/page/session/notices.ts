import { signal, type ReadonlySignal } from "@preact/signals";
import { toProblem } from "./problem.ts";

interface Notice {
  readonly id: number;
  readonly kind: "done" | "problem";
  readonly title: string;
  readonly advice: string;
}

/** How long a notice of success is shown, in milliseconds; a problem is shown until it is closed. */
const STAY = 5_000;

/** Messages to the user, which screen readers announce too. */
export interface Notices {
  readonly all: ReadonlySignal<readonly Notice[]>;
  tell(title: string): void;
  close(id: number): void;
  /** Runs a task of the page, and shows its error if it fails; an aborted task is not an error. */
  attempt<Result>(task: () => Promise<Result>): Promise<Result | undefined>;
  /** Runs an action of the user like a task. If it succeeds, earlier problems are over, and are no longer shown. */
  act(action: () => Promise<unknown>): Promise<void>;
}

export function createNotices(): Notices {
  const all = signal<readonly Notice[]>([]);
  let ids = 0;
  const close = (id: number): void => void (all.value = all.value.filter((one) => one.id !== id));
  const add = (kind: Notice["kind"], title: string, advice: string): number => {
    // A repeated notice is shown once.
    const others = all.value.filter((one) => one.title !== title).slice(-2);
    all.value = [...others, { id: ++ids, kind, title, advice }];
    return ids;
  };
  const show = (error: unknown): void => {
    if (error instanceof DOMException && error.name === "AbortError") return;
    const { title, advice } = toProblem(error);
    add("problem", title, advice);
  };
  return {
    all,
    close,
    tell(title) {
      const id = add("done", title, "");
      setTimeout(() => close(id), STAY);
    },
    async attempt(task) {
      try {
        return await task();
      } catch (error) {
        show(error);
        return undefined;
      }
    },
    async act(action) {
      const before = new Set(all.value.map(({ id }) => id));
      try {
        await action();
        all.value = all.value.filter(({ id, kind }) => kind === "done" || !before.has(id));
      } catch (error) {
        show(error);
      }
    },
  };
}
