/**
 * Returns a function that runs a task, one call at a time. Calls made while the task runs are combined into one more
 * run, with the newest argument.
 */
export function createLatest<Argument>(task: (argument: Argument) => Promise<void>): (argument: Argument) => void {
  let running = false;
  let waiting: { readonly argument: Argument } | undefined;

  async function run(first: Argument): Promise<void> {
    running = true;
    waiting = { argument: first };
    try {
      while (waiting !== undefined) {
        const { argument }: { readonly argument: Argument } = waiting;
        waiting = undefined;
        await task(argument);
      }
    } finally {
      running = false;
    }
  }

  return (argument) => {
    if (running) waiting = { argument };
    else void run(argument);
  };
}
