import { createAbort, refuseAborted, onAbort, type AbortSignalLike } from "../../platform.ts";
import type { PullLine } from "../messages.ts";
import { Refusal, toTold } from "./refusals.ts";
import { createLineText } from "./shared-lines.ts";

/** The body of the answer to a pull: its lines as text, each made when the reader wants it. */
interface PullBody {
  /** Resolves with the next line; undefined at the end. */
  pull(): Promise<string | undefined>;
  /** Ends the pull, because its reader has left. */
  cancel(): void;
}

/** The pulls that a hub answers now. */
export interface OpenPulls {
  /**
   * Opens a pull of a client, and resolves with its body once its first line is there: a replica of another history gets an error
   * instead. A slow reader holds up nobody, and nothing is kept for it.
   *
   * @throws "too-many-pulls", and whatever prevents the first line.
   */
  open(
    client: unknown,
    signal: AbortSignalLike,
    start: (signal: AbortSignalLike) => AsyncGenerator<PullLine>,
  ): Promise<PullBody>;
  /** Ends all of them. */
  close(): void;
}

export function createOpenPulls(most: number): OpenPulls {
  const counts = new Map<unknown, number>();
  const ends = new Set<() => void>();
  const textOf = createLineText();

  function count(client: unknown, change: number): void {
    const left = (counts.get(client) ?? 0) + change;
    if (left === 0) counts.delete(client);
    else counts.set(client, left);
  }

  async function open(
    client: unknown,
    signal: AbortSignalLike,
    start: (signal: AbortSignalLike) => AsyncGenerator<PullLine>,
  ): Promise<PullBody> {
    if ((counts.get(client) ?? 0) >= most)
      throw new Refusal("too-many-pulls", `this client has ${most} open pulls`, 1_000);
    // A client that has left hears of nothing, and would never end its pull.
    refuseAborted(signal);
    count(client, 1);
    const ended = createAbort();
    const lines = start(ended.signal);
    const ignore = onAbort(signal, () => end());
    ends.add(end);

    function end(): void {
      if (ended.signal.aborted) return;
      ignore();
      ends.delete(end);
      count(client, -1);
      ended.abort(new Refusal("closed", "this pull was ended"));
      lines.return(undefined).catch(() => undefined);
    }

    let first: IteratorResult<PullLine> | undefined;
    try {
      first = await lines.next();
    } catch (error) {
      end();
      throw error;
    }

    return {
      async pull() {
        try {
          const { done, value } = first ?? (await lines.next());
          first = undefined;
          if (done !== true && !ended.signal.aborted) return textOf(value);
        } catch (error) {
          if (!ended.signal.aborted) {
            end();
            return `${JSON.stringify(toTold(error))}\n`;
          }
        }
        end();
        return undefined;
      },
      cancel: end,
    };
  }

  return {
    open,
    close() {
      for (const end of [...ends]) end();
    },
  };
}
