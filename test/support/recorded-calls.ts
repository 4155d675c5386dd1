import { isEventStoreError, type EventStore } from "rivulet";
import { idsOf, type Call, type Saying } from "./history-check.ts";
import type { Random } from "./random.ts";

const STREAMS = 3;

/** Appends of a recorded history: `say` reports each call and its outcome. */
export interface RecordedCalls {
  /** Makes a random append, and sometimes repeats it. */
  appendOne(attempt: string): Promise<void>;
  /** Makes a call. Resolves with whether its events were stored. */
  make(call: Call): Promise<boolean>;
}

/** `mayFail` tells which errors leave the outcome of a call unknown. */
export function recordCalls(
  store: EventStore,
  random: Random,
  say: (saying: Saying) => void,
  mayFail: (error: unknown) => boolean = () => false,
): RecordedCalls {
  async function appendOne(attempt: string): Promise<void> {
    const stream = `stream-${random.below(STREAMS)}`;
    const size = 1 + random.below(3);
    const again = random.below(5) === 0;
    const call = { attempt, stream, size, expected: await chooseExpected(stream) };
    if ((await make(call)) && again) await make(call);
  }

  /** -1 for "any"; the present version, though another client may be faster; or a random version. */
  async function chooseExpected(stream: string): Promise<number> {
    const choice = random.below(6);
    if (choice > 2) return -1;
    const version = await store.stream(stream).version();
    return choice > 0 ? version : random.below(version + 3);
  }

  async function make(call: Call): Promise<boolean> {
    const { attempt, stream, expected } = call;
    const events = idsOf(call).map((id) => ({ id, type: "noted" }));
    say({ call });
    try {
      const expectedVersion = expected < 0 ? "any" : expected;
      const { position, version } = await store.stream(stream).append(events, { expectedVersion });
      say({ answer: { attempt, outcome: "stored", position, version } });
      return true;
    } catch (error) {
      if (isEventStoreError(error, "version-conflict")) {
        say({ answer: { attempt, outcome: "conflict", position: 0, version: error.details.actual } });
      } else if (!mayFail(error)) say({ wrong: `${attempt}: ${String(error)}` });
      return false;
    }
  }

  return { appendOne, make };
}
