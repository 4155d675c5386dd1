import { memory, openEventStore } from "../index.ts";
import type { Decider, Event, NewEvent, StoredEvent } from "../index.ts";
import { checkList, equal, failureOf, show } from "./assert.ts";
import { fixedClock } from "./fixed-clock.ts";
import { sequentialIds } from "./sequential-ids.ts";
import { messageOf, mustBe } from "../errors.ts";
import { checkOptions } from "../validate.ts";

/** An example for a decider: earlier events, a command, and the expected events (`[]` for none) or refusal. */
export type DeciderExample<Command, E extends Event> = {
  /** The earlier events of the stream, in order; default: none. */
  readonly given?: readonly NewEvent<E>[];
  /** The command to execute. */
  readonly when: Command;
} & (
  | {
      /** The expected events, in order. Ids and metadata are compared if they are given. */
      readonly expected: readonly NewEvent<E>[];
    }
  | {
      /** The expected refusal: a part of the error's message, or a function that recognises the error. */
      readonly fails: string | RegExp | ((error: unknown) => boolean);
    }
);

/**
 * Checks an example for a decider: executes the command on a stream with the given events, twice, because a decider must be
 * deterministic. Rejects with an `Error` that says how the outcome differs from the expected one.
 *
 * @throws `invalid-argument`; the errors of `stream.execute`, such as `projection-failed`.
 * @example
 * ```ts
 * await checkDecider(withdrawal, {
 *   given: [{ type: "deposited", data: { amount: 100 } }],
 *   when: { withdraw: 30 },
 *   expected: [{ type: "withdrawn", data: { amount: 30 } }],
 * });
 * ```
 */
export async function checkDecider<State, Command, E extends Event>(
  decider: Decider<State, Command, E>,
  example: DeciderExample<NoInfer<Command>, E>,
): Promise<void> {
  checkOptions(example, ["given", "when", "expected", "fails"], "example");
  if (example.given !== undefined) checkList(example.given, "given");
  if ("fails" in example) checkFails(example.fails);
  else checkList(example.expected, "expected");
  for (const where of ["what was decided", "what was decided when asked again"]) {
    if ("fails" in example) await checkRefusal(decider, example, where);
    else await checkEvents(decider, example, where);
  }
}

function checkFails(fails: unknown): void {
  if (typeof fails === "string" || typeof fails === "function" || fails instanceof RegExp) return;
  throw mustBe("fails", "a part of the message, a RegExp or a function");
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
