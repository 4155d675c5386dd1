/** Tests of an application may replace timers, so they are taken when this module is loaded. */
const { setTimeout: start, clearTimeout: stop } = globalThis;

/** Returns a function that runs the task soon after it is called, and at most once in `pause` milliseconds; and one that ends that. */
export function throttle(task: () => void, pause: number): { readonly call: () => void; readonly end: () => void } {
  let timer: ReturnType<typeof start> | undefined;
  let due = false;
  let ended = false;

  function run(): void {
    timer = undefined;
    if (!due || ended) return;
    due = false;
    timer = start(run, pause);
    task();
  }

  return {
    call() {
      due = true;
      timer ??= start(run, 0);
    },
    end() {
      ended = true;
      if (timer !== undefined) stop(timer);
    },
  };
}
