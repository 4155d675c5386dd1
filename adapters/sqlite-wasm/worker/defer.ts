/**
 * Creates a function that runs a task, as soon as possible, after the messages that are already queued: it posts a
 * message to itself.
 */
export function createDefer(): (task: () => void) => void {
  const { port1, port2 } = new MessageChannel();
  const tasks: (() => void)[] = [];
  port1.addEventListener("message", () => tasks.shift()?.());
  port1.start();
  return (task) => {
    tasks.push(task);
    port2.postMessage(undefined);
  };
}
