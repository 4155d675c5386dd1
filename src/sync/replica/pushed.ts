/** Commands and appends as they are queued: made at the call, so that what the caller changes later does not matter. */
import { toRequest, type StreamAppend } from "../../append/append.ts";
import { refuseDuplicates } from "../../append/drawn-ids.ts";
import { mustBe } from "../../errors.ts";
import { toJson } from "../../events/json.ts";
import { checkOptions } from "../../validate.ts";
import type { PushedAppend, PushedCommand } from "../messages.ts";
import { checkObject } from "../option-checks.ts";
import type { StartContext } from "./replica-context.ts";
import type { QueueCommandOptions } from "./stream-methods.ts";

type Parts = Pick<StartContext, "context" | "deciders">;

/** @throws `invalid-argument` or `invalid-event`. */
export function toPushedAppend(
  { context }: Pick<Parts, "context">,
  appends: readonly StreamAppend[],
  single?: true,
  key: string = context.newId(),
): PushedAppend {
  if (!Array.isArray(appends) || appends.length === 0) throw mustBe("entries", "a list of at least one");
  const request = toRequest(context, appends, undefined, single);
  refuseDuplicates(request, context.newId, single);
  const entries = request.entries.map(({ stream, expectedVersion, events }) => ({
    stream,
    expectedVersion,
    // Whether an id was drawn matters to the store that stores the event, and the hub does.
    events: events.map(({ drawn: _drawn, ...record }) => record),
  }));
  return { kind: "append", key, entries };
}

/** @throws `invalid-argument` or `invalid-event`. */
export function toPushedCommand(
  { context, deciders }: Parts,
  stream: string,
  decider: string,
  command: unknown,
  options: QueueCommandOptions,
): PushedCommand {
  checkOptions(options, ["key", "metadata"]);
  if (deciders[decider]?._rivulet === undefined) throw mustBe("decider", "a name in deciders");
  const { key = context.newId(), metadata } = options;
  if (metadata !== undefined) checkObject(metadata, "metadata");
  return {
    kind: "command",
    stream,
    decider,
    key,
    command: command === undefined ? null : toJson(command, "command"),
    metadata: metadata === undefined ? null : toJson(metadata, "metadata"),
  };
}
