import type { NewEvent } from "rivulet";
import { changeOf, isCountable, isUndone, startOf, type Counter, type Turn } from "./counter.ts";
import { PREFIX, type CounterEvent } from "./events.ts";
import { isPlain, LONGEST_LABEL } from "./names.ts";

/** A command to a counter. */
export type Command =
  | { readonly type: "open"; readonly label: string }
  | { readonly type: "add"; readonly stream: string; readonly by: number }
  | { readonly type: "undo" | "redo" | "remove" | "restore"; readonly stream: string }
  /** Takes back what one event did, whatever others did since then: `event` is its id, or that of an act of several events. */
  | { readonly type: "take-back"; readonly stream: string; readonly event: string };

/** A command that is refused; its message is for the user. */
export class Refusal extends Error {
  override readonly name: string = "Refusal";
}

const REMOVED = "This counter was removed, perhaps in another tab.";
export const LARGEST_STEP = 1_000_000;
const LARGEST_VALUE = Number.MAX_SAFE_INTEGER.toLocaleString("en");

/** Whether a number can be added or taken in one command. */
export function isStep(by: number): boolean {
  return Number.isInteger(by) && by >= 1 && by <= LARGEST_STEP;
}

/** Decides on a command, given the current counter. @throws a {@link Refusal}. */
export function decide(counter: Counter, command: Command): NewEvent<CounterEvent> {
  const event = choose(counter, command);
  if (isCountable(counter.value + changeOf(event))) return event;
  throw new Refusal(`A counter goes from −${LARGEST_VALUE} to ${LARGEST_VALUE}.`);
}

function choose(counter: Counter, command: Command): NewEvent<CounterEvent> {
  if (command.type === "open") {
    if (counter.open) throw new Refusal(`There is a counter named “${counter.label}” already.`);
    return { type: "opened", data: { label: toLabel(command.label) } };
  }
  if (command.type === "restore") {
    if (counter.open) throw new Refusal("This counter is there already.");
    if (counter.version === 0) throw new Refusal("There is no such counter.");
    return { type: "restored" };
  }
  if (command.type === "take-back") return takeBack(counter, command.event);
  if (!counter.open) throw new Refusal(REMOVED);
  if (command.type === "remove") return { type: "removed" };
  if (command.type === "add") {
    const { by } = command;
    if (!Number.isInteger(by)) throw new Refusal("A counter takes whole numbers.");
    return by < 0 ? { type: "decremented", data: { by: -by } } : { type: "incremented", data: { by } };
  }
  const last = counter[command.type].at(-1);
  if (last === undefined) throw new Refusal(`There is nothing to ${command.type}.`);
  return command.type === "undo"
    ? { type: "undone", data: { version: last.version, by: -last.by } }
    : { type: "redone", data: { version: last.version, by: last.by } };
}

/** Decides on the opposite of one event, found by its id. The opposite of an undo makes the change again. */
function takeBack({ changes, turns, open }: Counter, id: string): NewEvent<CounterEvent> {
  const again = turns.find(isUndone);
  const last = turns[(again === undefined ? turns.length : turns.indexOf(again)) - 1];
  if (last?.ids.at(-1) === id) return oppositeOf(last);
  if (again?.ids.at(-1) === id) {
    const { type, version, by, label } = again;
    return { type, data: { version, by, label } };
  }
  if (!open) throw new Refusal(REMOVED);
  // An event that made the change can be taken back while it counts, and one that undid it while it does not.
  const change = changes.find(
    (one) => one.ids.includes(id) && one.version > startOf(turns) && isUndone(one) === (one.ids.indexOf(id) % 2 === 1),
  );
  if (change === undefined) {
    throw new Refusal("This cannot be undone any more: something else was done since then, perhaps in another tab.");
  }
  const { version, by } = change;
  const undone = isUndone(change);
  return { type: undone ? "redone" : "undone", data: { version, by: undone ? by : 0 - by } };
}

function oppositeOf({ type, version, by, before }: Turn): NewEvent<CounterEvent> {
  const data = { version, by: 0 - by, ...(before !== "" && { label: before }) };
  return { type: type === "removed" ? "restored" : "removed", data };
}

/** Returns the stream of a command. @throws a {@link Refusal} for a name that no counter can have. */
export function streamOf(command: Command): string {
  if (command.type !== "open") return command.stream;
  const name = toLabel(command.label)
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]+/gu, "-")
    .replaceAll(/^-|-$/g, "");
  if (name === "") throw new Refusal("Give the counter a name with at least one letter or digit.");
  return PREFIX + name;
}

/** Checks a command from outside. @throws a {@link Refusal}. */
export function toCommand(input: unknown): Command {
  const { type, label, stream, by, event } = (input ?? {}) as Record<string, unknown>;
  if (type === "open" && typeof label === "string") return { type, label: toLabel(label) };
  if (typeof stream === "string" && stream.startsWith(PREFIX) && stream.length < 200 && isPlain(stream)) {
    if (type === "undo" || type === "redo" || type === "remove" || type === "restore") return { type, stream };
    if (type === "add" && Number.isSafeInteger(by) && Math.abs(by as number) <= LARGEST_STEP) {
      return { type, stream, by: by as number };
    }
    if (type === "take-back" && typeof event === "string" && event.length < 200 && isPlain(event)) {
      return { type, stream, event };
    }
  }
  throw new Refusal("A counter has no such command.");
}

/** Two names that look the same are the same, however their accents are written. @throws a {@link Refusal}. */
function toLabel(name: string): string {
  const label = name.normalize("NFC").trim().replaceAll(/\s+/g, " ");
  if (label.length > LONGEST_LABEL) {
    throw new Refusal(`A name has at most ${LONGEST_LABEL} characters; this one has ${label.length}.`);
  }
  if (!isPlain(label)) {
    throw new Refusal("A name contains no control characters, and none that change the direction of the text.");
  }
  return label;
}
