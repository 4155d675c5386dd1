import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { streamOf, type Command } from "../../counter/commands.ts";
import type { CounterService, Sender } from "../../counter/service.ts";
import { newId } from "./new-id.ts";
import type { Notices, NoticesOf } from "./notices.ts";
import type { WayRecorder } from "./way.ts";

/** How long the place of a removed counter is kept, in milliseconds. */
const KEPT = 10_000;

/** How many commands of this tab can be undone. */
const DEPTH = 100;

const NO_MORE = "Ctrl+Z has nothing left to undo.";
const USE_ARROW =
  "It takes back what was done in this tab since it was opened. The arrow on a card undoes its newest change.";

/** A command of this tab that was taken, or an act of several events. */
interface Given {
  readonly stream: string;
  /** The id of its event, or of the act. */
  readonly event: string;
  /** Whether it removed its counter, or brought it onto the page. */
  readonly effect: Effect;
  /** Stops an act that still runs. Resolves at its end, with whether it has written anything. */
  readonly stop?: () => Promise<boolean>;
  /** Called once it is taken back. */
  readonly onUndone?: (() => void) | undefined;
}

type Effect = "hides" | "shows" | undefined;

/** What the user does in this tab. */
export interface Actions {
  /** The counters that were removed in this tab a short time ago: their places are kept, with a button to bring them back. */
  readonly removed: ReadonlySignal<ReadonlyMap<string, number>>;
  /** The counter whose removal the next undo takes back. */
  readonly undoesRemovalOf: ReadonlySignal<string | undefined>;
  /** Gives up the places of counters that were removed long enough ago. */
  sweep(): void;
  /** Runs a command, and shows its error at its counter. Resolves with whether it was taken. */
  run(command: Command): Promise<boolean>;
  /**
   * Runs an act that takes several events, such as a random walk, and calls `wrote` once some are appended. An undo
   * takes all of them back; one that comes while the act runs calls `stop`, and waits for the end of the act first.
   */
  act<Result>(stream: string, task: Act<Result>, options?: ActOptions): Promise<Result>;
  /**
   * Takes back what the last command of this tab did, or the act of an id, and nothing that others did; undos run one
   * after another.
   */
  undo(act?: string): Promise<void>;
  /** Takes back the last undo. */
  redo(): Promise<void>;
  /** The messages about a command. */
  noticesOf(stream: string): Notices;
}

export type Act<Result> = (sender: Sender, wrote: () => void) => Promise<Result>;

interface ActOptions {
  /** Ends an act that an undo has come for. */
  readonly stop?: () => void;
  /** Called once what the act has written is taken back, which may fail after `stop`. */
  readonly onUndone?: () => void;
}

interface ActionsOptions {
  readonly tab: string;
  readonly notices: NoticesOf;
  readonly ways: Pick<WayRecorder, "follow">;
  /** Whether nothing can be changed now, because the past or a database that is being replaced is shown. */
  readonly isFrozen: () => boolean;
}

export function createActions(service: CounterService, { tab, notices, ways, isFrozen }: ActionsOptions): Actions {
  const removed = signal<ReadonlyMap<string, number>>(new Map());
  const leaving = new Set<string>();
  const done = signal<readonly Given[]>([]);
  const undone = signal<readonly Given[]>([]);
  let queue = Promise.resolve();
  const noticesOf = (stream: string): Notices => notices(`counter ${stream}`);

  function placeOf(command: Command): Notices {
    if (command.type === "open") return notices("new counter");
    return service.counters.state[command.stream]?.open === true ? noticesOf(command.stream) : notices("counters");
  }

  /** Resolves with what was taken; with undefined if nothing was. `onRefused` is called if it never will be. */
  async function send(command: Command, effect: Effect, onRefused = (): void => undefined): Promise<Given | undefined> {
    if (isFrozen()) return undefined;
    // A counter is removed once, however often its button is pressed.
    const leaves = effect === "hides" && command.type !== "open" ? command.stream : undefined;
    if (leaves !== undefined) {
      if (leaving.has(leaves)) return undefined;
      leaving.add(leaves);
      // Before it is gone, so that its place is never empty.
      removed.value = new Map([...removed.value, [leaves, performance.now()]]);
    }
    const given = await placeOf(command).attempt(async () => {
      try {
        const event = await ways.follow(command, (onDecided) => service.run(command, tab, onDecided));
        return { stream: streamOf(command), event, effect };
      } catch (error) {
        if (error instanceof Error && error.name === "Refusal") onRefused();
        throw error;
      }
    });
    if (leaves !== undefined) leaving.delete(leaves);
    // An earlier refusal is over.
    if (given !== undefined) for (const place of ["counters", "new counter"]) notices(place).close();
    return given;
  }

  /** Runs a task after those before it, so that each takes the command that is the last one then. */
  function enqueue(task: () => Promise<void>): Promise<void> {
    queue = queue.then(task);
    return queue;
  }

  function addToDone(given: Given): void {
    done.value = [...done.value, given].slice(-DEPTH);
    undone.value = [];
  }

  function forget(list: typeof done, given: Given): void {
    list.value = list.value.filter((one) => one !== given);
  }

  /** An act that has written nothing leaves nothing to take back. */
  async function forgetUnlessWritten(given: Given, ended: Promise<boolean>): Promise<void> {
    if (!(await ended)) await enqueue(async () => forget(done, given));
  }

  async function takeBack(from: typeof done, to: typeof done, last = from.value.at(-1)): Promise<void> {
    if (last === undefined || isFrozen()) return;
    const { stream, event } = last;
    const drop = (): void => forget(from, last);
    if ((await last.stop?.()) === false) return drop();
    const given = await send({ type: "take-back", stream, event }, oppositeOf(last.effect), drop);
    if (given === undefined) return;
    drop();
    to.value = [...to.value, given];
    last.onUndone?.();
  }

  return {
    removed,
    undoesRemovalOf: computed(() => {
      const last = done.value.at(-1);
      return last?.effect === "hides" ? last.stream : undefined;
    }),
    noticesOf,
    sweep() {
      const { state } = service.counters;
      const isKept = (stream: string, at: number): boolean =>
        state[stream]?.open === false ? performance.now() - at < KEPT : leaving.has(stream);
      const kept = [...removed.value].filter(([stream, at]) => isKept(stream, at));
      if (kept.length < removed.value.size) removed.value = new Map(kept);
    },
    async run(command) {
      const sent = send(command, effectOf(command));
      await enqueue(async () => {
        const given = await sent;
        if (given !== undefined) addToDone(given);
      });
      return (await sent) !== undefined;
    },
    act(stream, task, { stop, onUndone } = {}) {
      const event = newId();
      let hasWritten = false;
      const result = task({ tab, act: event }, () => void (hasWritten = true));
      let runs = true;
      const end = (): boolean => {
        runs = false;
        return hasWritten;
      };
      const ended = result.then(end, end);
      const given: Given = {
        ...{ stream, event, effect: undefined, onUndone },
        stop() {
          if (runs) stop?.();
          return ended;
        },
      };
      // At its beginning: it comes before whatever is done while it runs.
      void enqueue(async () => addToDone(given));
      void forgetUnlessWritten(given, ended);
      return result;
    },
    undo: (act) =>
      enqueue(async () => {
        const named = done.value.find(({ event }) => event === act);
        // It is taken back already.
        if (act !== undefined && named === undefined) return;
        if (done.value.length === 0 && !isFrozen()) notices("counters").tell(NO_MORE, USE_ARROW);
        await takeBack(done, undone, named);
      }),
    redo: () => enqueue(() => takeBack(undone, done)),
  };
}

function effectOf({ type }: Command): Effect {
  return type === "remove" ? "hides" : type === "open" || type === "restore" ? "shows" : undefined;
}

function oppositeOf(effect: Effect): Effect {
  return effect === undefined ? undefined : effect === "hides" ? "shows" : "hides";
}
