import { memory, openEventStore } from "../index.ts";
import type { Decider, Event, NewEvent, StoredEvent } from "../index.ts";
import { equal, failureOf, show } from "./assert.ts";
import { fixedClock } from "./fixed-clock.ts";
import { sequentialIds } from "./sequential-ids.ts";
import { messageOf } from "../errors.ts";

/** What a decider is given, and what must come of a command: events, nothing (`[]`), or a refusal. */
export type DeciderExample<Command, E extends Event> = {
  /** What happened before, in order; default: nothing. */
  readonly given?: readonly NewEvent<E>[];
  readonly when: Command;
} & (
  | {
      /** The events, in order. Ids and metadata are compared where they are given. */
      readonly expected: readonly NewEvent<E>[];
    }
  | {
      /** The refusal: what stands in the error's message, or what tells that it is the right one. */
      readonly fails: string | RegExp | ((error: unknown) => boolean);
    }
);

/**
 * Rejects, saying where they differ, unless the command leads to what is expected: executed on a stream that was given these
 * events, and once more on another one, since a decider must decide the same whenever it is asked.
 */
export async function checkDecider<State, Command, E extends Event>(
  decider: Decider<State, Command, E>,
  example: DeciderExample<NoInfer<Command>, E>,
): Promise<void> {
  for (const where of ["what was decided", "what was decided when asked again"]) {
    if ("fails" in example) await checkRefusal(decider, example, where);
    else await checkEvents(decider, example, where);
  }
}

async function checkEvents<State, Command, E extends Event>(
  decider: Decider<State, Command, E>,
  example: DeciderExample<Command, E> & { readonly expected: readonly NewEvent<E>[] },
  where: string,
): Promise<void> {
  const events: readonly StoredEvent[] = await executed(decider, example);
  const expected = example.expected as readonly NewEvent[];
  const found = events.map(({ type, data, id, metadata }, index) => ({
    type,
    data,
    id: expected[index]?.id === undefined ? undefined : id,
    metadata: expected[index]?.metadata === undefined ? undefined : metadata,
  }));
  equal(found, expected, where);
}

async function checkRefusal<State, Command, E extends Event>(
  decider: Decider<State, Command, E>,
  example: DeciderExample<Command, E> & { readonly fails: string | RegExp | ((error: unknown) => boolean) },
  where: string,
): Promise<void> {
  let events: readonly StoredEvent[] = [];
  const attempt = executed(decider, example).then((found) => (events = found));
  const error = await failureOf(attempt, `${where}: expected a refusal`).catch((missing: unknown) => {
    throw new Error(`${messageOf(missing)}, got ${show(events.map(({ type, data }) => ({ type, data })))}`);
  });
  const { fails } = example;
  const message = messageOf(error);
  const right =
    typeof fails === "function"
      ? fails(error)
      : typeof fails === "string"
        ? message.includes(fails)
        : new RegExp(fails.source, fails.flags.replace(/[gy]/g, "")).test(message);
  if (!right) throw new Error(`${where}: expected another refusal than "${message}"`);
}

async function executed<State, Command, E extends Event>(
  decider: Decider<State, Command, E>,
  { given = [], when }: DeciderExample<Command, E>,
): Promise<readonly StoredEvent[]> {
  const store = await openEventStore(memory(), { clock: fixedClock(), newId: sequentialIds() });
  try {
    const stream = store.stream<E>("given");
    if (given.length > 0) await stream.append(given);
    return (await stream.execute(decider, when)).events;
  } finally {
    await store.close();
  }
}
