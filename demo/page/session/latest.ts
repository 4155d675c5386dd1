/**
 * Runs a task whenever it is asked to, one at a time: what is asked for while it runs is done once more after it, with the
 * newest argument, and all between is passed over.
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
