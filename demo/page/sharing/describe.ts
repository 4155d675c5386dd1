import type { Command } from "../../counter/commands.ts";
import { labelOf, undid, type Counter, type Counters, type Turn } from "../../counter/counter.ts";
import type { Unconfirmed } from "../../counter/sharing.ts";
import { formatCount, formatNumber } from "../ui/format.ts";

/**
 * Says what a command or an append does, like "Add 5 to Laps". If the hub has refused to open the counter, it has the name that
 * it was to have by one of the `others`.
 */
export function describe(
  { command, stream, events }: Unconfirmed,
  counters: Counters,
  others: readonly Unconfirmed[],
): string {
  const opening = others.find((other) => other.stream === stream && other.command?.type === "open")?.command;
  const label =
    opening?.type === "open" && counters[stream] === undefined ? opening.label.trim() : labelOf(stream, counters);
  if (command !== undefined) return describeCommand(command, counters, label);
  return `Append ${formatCount(events, "event")} to ${label}`;
}

/** Says what a command does. */
export function describeCommand(command: Command, counters: Counters, name?: string): string {
  if (command.type === "open") return `New counter “${command.label.trim()}”`;
  const counter = counters[command.stream];
  const label = name ?? labelOf(command.stream, counters);
  switch (command.type) {
    case "add":
      return command.by < 0
        ? `Take ${formatNumber(-command.by)} from ${label}`
        : `Add ${formatNumber(command.by)} to ${label}`;
    case "remove":
      return `Remove ${label}`;
    case "restore":
      return `Bring back ${label}`;
    case "take-back":
      return describeTakingBack(counter, command.event, label);
    default:
      return `${command.type === "redo" ? "Redo" : "Undo"} in ${label}`;
  }
}

const TURNS: Readonly<Record<Turn["type"], string>> = {
  opened: "adding",
  removed: "removing",
  restored: "bringing back",
};

/** The opposite of an undo makes again what was undone. */
function describeTakingBack(counter: Counter | undefined, event: string, label: string): string {
  const verb = counter !== undefined && undid(counter, event) ? "Redo" : "Undo";
  const turn = counter?.turns.find(({ ids }) => ids.includes(event));
  return turn === undefined ? `${verb} in ${label}` : `${verb} ${TURNS[turn.type]} ${label}`;
}
