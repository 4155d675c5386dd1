import type { Event } from "../../event.ts";
import { watch, type EventWatcher, type WatchOptions } from "../../subscriptions/watch.ts";
import { checkName, checkOptions } from "../../validate.ts";
import { withoutPending } from "../option-checks.ts";
import { projectPending, readShown, watchPending } from "./handles.ts";
import { toPushedAppend, toPushedCommand } from "./pushed.ts";
import type { ReplicaWatcher, WithPending } from "./reading/reads.ts";
import type { StartContext } from "./replica-context.ts";
import type { ReplicaStream } from "./stream-methods.ts";

export function createReplicaStream<E extends Event>(start: StartContext, name: string): ReplicaStream<E> {
  checkName(name, "stream");
  const { context, use } = start;
  return {
    name,
    async execute(decider, command, options = {}) {
      context.ensureOpen();
      const pushed = toPushedCommand(start, name, decider, command, options);
      return use((code, own) => code.queueCommand(own, pushed));
    },
    async append(events, options = {}) {
      context.ensureOpen();
      checkOptions(options, ["key", "expectedVersion"]);
      const { key, expectedVersion } = options;
      const pushed = toPushedAppend(start, [{ stream: name, events, expectedVersion }], true, key);
      return use((code, own) => code.queueAppend(own, pushed));
    },
    read: (options = {}) => readShown(start, name, options),
    watch: ((options: WatchOptions & WithPending = {}) => {
      const { pending, rest } = withoutPending(options);
      return pending ? watchPending(start, name, rest) : watch(context, name, rest);
    }) as { (options?: WatchOptions): ReplicaWatcher } & ((options: WatchOptions) => EventWatcher),
    version: (options = {}) => use((code, own) => code.versionOf(own, name, options)),
    load: (projection, options = {}) =>
      use((code, own) => code.loadShown(own, name, projection, options), options?.signal),
    project: (projection) => projectPending(start, projection, { stream: name }),
  };
}
