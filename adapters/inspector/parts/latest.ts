/** Runs tasks of which only the newest counts: the answer to an older question is dropped. */
export interface Latest {
  /** Runs the task, then `show` with its answer, or `fail` with its error, unless another task was run meanwhile. */
  run<Answer>(task: () => Promise<Answer>, show: (answer: Answer) => void, fail: (error: unknown) => void): void;
  /** Drops what is under way. */
  drop(): void;
}

export function createLatest(): Latest {
  let newest = 0;
  return {
    run(task, show, fail) {
      const number = ++newest;
      // Called in a promise, so that what throws at once is told in the same way.
      Promise.resolve()
        .then(task)
        .then(
          (answer) => void (number === newest && show(answer)),
          (error: unknown) => void (number === newest && fail(error)),
        );
    },
    drop: () => void (newest += 1),
  };
}
