import { signal, type ReadonlySignal } from "@preact/signals";
import { inverseOf, Refusal, type Command } from "../../counter/commands.ts";
import type { CounterService } from "../../counter/service.ts";
import type { Notices, NoticesOf } from "./notices.ts";
import type { TimeTravel } from "./time-travel.ts";
import type { WayRecorder } from "./way.ts";

/** How long the place of a removed counter is kept, in milliseconds. */
const KEPT = 10_000;

/** What the user does in this tab. */
export interface Actions {
  /** The counters that were removed in this tab a short time ago: their places are kept, with a button to bring them back. */
  readonly removed: ReadonlySignal<ReadonlyMap<string, number>>;
  /** Gives up the places of counters that were removed long enough ago. */
  sweep(): void;
  /** Runs a command, and shows its error at its counter. Resolves with whether it was taken. */
  run(command: Command): Promise<boolean>;
  /** Takes back the last command of this tab, by another command. */
  undo(): Promise<void>;
  /** Takes back the last undo. */
  redo(): Promise<void>;
  /** The messages about a command. */
  noticesOf(stream: string): Notices;
}

interface ActionsOptions {
  readonly tab: string;
  readonly notices: NoticesOf;
  readonly travel: TimeTravel;
  readonly ways: WayRecorder;
}

export function createActions(service: CounterService, { tab, notices, travel, ways }: ActionsOptions): Actions {
  const removed = signal<ReadonlyMap<string, number>>(new Map());
  const leaving = new Set<string>();
  let done: readonly Command[] = [];
  let undone: readonly Command[] = [];
  const noticesOf = (stream: string): Notices => notices(`counter ${stream}`);

  function placeOf(command: Command): Notices {
    const shown = command.type !== "open" && service.counters.state[command.stream]?.open === true;
    return shown ? noticesOf(command.stream) : notices("counters");
  }

  async function send(command: Command): Promise<boolean> {
    // What is in the past cannot be changed, and a counter is removed once, however often its button is pressed.
    if (travel.wanted.value !== undefined) return false;
    const leaves = command.type === "remove" ? command.stream : undefined;
    if (leaves !== undefined) {
      if (leaving.has(leaves)) return false;
      leaving.add(leaves);
      // Before it is gone, so that its place is never empty.
      removed.value = new Map([...removed.value, [leaves, performance.now()]]);
    }
    const taken = await placeOf(command).attempt(async () => {
      await ways.follow(command, (onStored) => service.run(command, tab, onStored));
      return true;
    });
    if (leaves !== undefined) leaving.delete(leaves);
    if (taken !== true) return false;
    // An earlier refusal is over.
    notices("counters").close();
    return true;
  }

  async function takeBack(from: readonly Command[]): Promise<Command | undefined> {
    const last = from.at(-1);
    if (last === undefined) return undefined;
    const inverse = inverseOf(last);
    return (await send(inverse)) ? inverse : undefined;
  }

  return {
    removed,
    noticesOf,
    sweep() {
      const { state } = service.counters;
      const isKept = (stream: string, at: number): boolean =>
        state[stream]?.open === false ? performance.now() - at < KEPT : leaving.has(stream);
      const kept = [...removed.value].filter(([stream, at]) => isKept(stream, at));
      if (kept.length < removed.value.size) removed.value = new Map(kept);
    },
    async run(command) {
      const taken = await send(command);
      if (taken) {
        done = [...done, command].slice(-100);
        undone = [];
      }
      return taken;
    },
    async undo() {
      if (done.length === 0)
        notices("counters").report(new Refusal("This tab has done nothing yet that can be undone."));
      const inverse = await takeBack(done);
      if (inverse === undefined) return;
      done = done.slice(0, -1);
      undone = [...undone, inverse];
    },
    async redo() {
      const inverse = await takeBack(undone);
      if (inverse === undefined) return;
      undone = undone.slice(0, -1);
      done = [...done, inverse];
    },
  };
}
