import { labelOf, type Counters } from "../../counter/counter.ts";
import type { Unconfirmed } from "../../counter/sharing.ts";
import { formatCount, formatNumber } from "../ui/format.ts";

/** Says what a command does, like "Add 5 to Laps". */
export function describe({ command, stream, events }: Unconfirmed, counters: Counters): string {
  const label = counters[stream]?.label || labelOf(stream);
  if (command === undefined) return `Append ${formatCount(events, "event")} to ${label}`;
  switch (command.type) {
    case "open":
      return `New counter “${command.label.trim()}”`;
    case "add":
      return command.by < 0
        ? `Take ${formatNumber(-command.by)} from ${label}`
        : `Add ${formatNumber(command.by)} to ${label}`;
    case "remove":
      return `Remove ${label}`;
    default:
      return `${command.type === "undo" ? "Undo" : "Redo"} in ${label}`;
  }
}
