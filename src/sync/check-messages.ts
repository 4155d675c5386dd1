import type { StoredRecord } from "../storage/protocol.ts";
import { EventStoreError, invalidArgument, mustBe } from "../errors.ts";
import { checkId, checkPrefix, isObject } from "../validate.ts";
import {
  anything,
  both,
  count,
  flag,
  json,
  jsonObject,
  list,
  name,
  nullable,
  object,
  oneOf,
  optional,
  text,
  whole,
  type Check,
} from "../remote/checks.ts";
import { confirmedFields, expectedVersion, followed, key, place } from "../remote/sync-arguments.ts";
import {
  fromRow,
  PROTOCOL,
  type EntryAnswer,
  type PullLine,
  type PullMessage,
  type PushAnswer,
  type PushedAppend,
  type PushedCommand,
  type PushMessage,
  type Reason,
} from "./messages.ts";

/** The key of a command or an append, which a hub may keep. */
const ownKey: Check = (value, path) => {
  key(value, path);
  checkPrefix(value, path);
};

const command = object<PushedCommand>({
  kind: oneOf("command"),
  stream: name,
  decider: text,
  key: ownKey,
  command: nullable(json),
  metadata: nullable(jsonObject),
});

const append = object<PushedAppend>({
  kind: oneOf("append"),
  key: ownKey,
  entries: list(
    object<PushedAppend["entries"][number]>({
      stream: name,
      expectedVersion,
      events: both(
        list(
          object<PushedAppend["entries"][number]["events"][number]>({
            id: checkId,
            type: name,
            schemaVersion: whole(1),
            data: nullable(json),
            metadata: nullable(jsonObject),
            drawn: anything,
          }),
        ),
        nonEmpty,
      ),
    }),
  ),
});

/** Checks an entry that was pushed. @throws `invalid-argument` or `invalid-event`. */
export const checkEntry: Check = (value, path) => {
  const { kind } = Object(value) as Partial<PushedCommand | PushedAppend>;
  (kind === "append" ? both(append, (one, at) => nonEmpty((one as PushedAppend).entries, at)) : command)(value, path);
};

const schemas: Check = (value, path) => {
  if (!isObject(value)) throw mustBe(path, "an object");
  for (const [type, version] of Object.entries(value)) whole(1)(version, `${path}.${type}`);
};

const PULL = object<PullMessage>({
  protocol: count,
  lineage: nullable(text),
  items: both(list(both(followed, place)), nonEmpty),
  live: flag,
  once: optional(flag),
  quiet: optional(flag),
  schemas: optional(schemas),
});

const PUSH = object<PushMessage>({
  protocol: count,
  lineage: key,
  places: list(place),
  // Each is checked when its turn comes.
  entries: list(anything),
  ages: optional(list(count)),
  schemas: optional(schemas),
});

// Its cells are checked as the fields of an event.
const row: Check = (value, path) => {
  if (!Array.isArray(value)) throw mustBe(path, "a list");
};

const LINE = object<PullLine>({
  lineage: key,
  after: count,
  events: list(row),
  place,
  head: count,
  caughtUp: flag,
  gone: list(text),
});

const reason = object<Reason>({
  code: text,
  message: text,
  conflict: optional(object({ stream: name, actual: count })),
});

const ANSWERS: { readonly [Outcome in EntryAnswer["outcome"]]: Check } = {
  confirmed: object({ outcome: anything, position: count }),
  nothing: anything,
  refused: object({ outcome: anything, reason }),
  later: object({ outcome: anything, reason }),
};

const answer: Check = (value, path) => {
  const { outcome } = Object(value) as Partial<EntryAnswer>;
  oneOf(...Object.keys(ANSWERS))(outcome, `${path}.outcome`);
  ANSWERS[outcome as EntryAnswer["outcome"]](value, path);
};

/** Checks what a replica asks. @throws `client-outdated` for another protocol, `invalid-argument` or `invalid-event`. */
export function checkPull(message: unknown): PullMessage {
  checkProtocol(message);
  PULL(message, "pull");
  return message as PullMessage;
}

/** Checks what a replica sends, apart from the entries. @throws like {@link checkPull}. */
export function checkPush(message: unknown): PushMessage {
  checkProtocol(message);
  PUSH(message, "push");
  return message as PushMessage;
}

/** Checks a line of a hub, and returns its events. @throws `invalid-argument` or `invalid-event`. */
export function checkLine(line: unknown): { readonly line: PullLine; readonly events: readonly StoredRecord[] } {
  LINE(line, "line");
  const events = (line as PullLine).events.map((cells, index) => {
    const event = fromRow(cells, `events[${index}]`);
    confirmedFields(event, `events[${index}]`);
    return event;
  });
  return { line: line as PullLine, events };
}

/** Checks a hub's answer to so many entries. @throws `invalid-argument`. */
export function checkAnswer(value: unknown, entries: number): PushAnswer {
  object<PushAnswer>({ answers: list(answer) })(value, "answer");
  const { answers } = value as PushAnswer;
  if (answers.length !== entries) throw mustBe("answers", `${entries} answers`);
  return value as PushAnswer;
}

function checkProtocol(message: unknown): void {
  const { protocol } = Object(message) as { readonly protocol?: unknown };
  if (protocol === PROTOCOL) return;
  if (typeof protocol !== "number") throw invalidArgument("protocol", "this is no message of a replica");
  const advice = protocol < PROTOCOL ? "update the application" : "update the hub";
  throw new EventStoreError("client-outdated", `protocol ${protocol}, where the hub speaks ${PROTOCOL}: ${advice}`, {});
}

function nonEmpty(value: unknown, path: string): void {
  if ((value as readonly unknown[]).length === 0) throw mustBe(path, "a list of at least one");
}
