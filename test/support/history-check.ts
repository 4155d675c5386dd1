/** Types and rules of recorded histories, for the pages that make them and the test that checks them. */

/** What an append was, told by the name of its events' ids: `attempt/index/size`. */
export interface Answer {
  readonly attempt: string;
  readonly stream: string;
  /** A number, or -1 for any. */
  readonly expected: number;
  readonly outcome: "stored" | "conflict";
  /** Of the last event, where it was stored. */
  readonly position: number;
  readonly version: number;
  /** Whether it is the second call for the same events. */
  readonly again: boolean;
}

/** What a page says: what came of an append, or what must not be. */
export type Saying = { readonly answer: Answer } | { readonly wrong: string };

/** An event as a reader of the whole store finds it. */
export type Found = readonly [position: number, stream: string, version: number, id: string];

export function idsOf(attempt: string, size: number): string[] {
  return Array.from({ length: size }, (_, index) => `${attempt}/${index}/${size}`);
}

/** Holds what is stored against what was answered. Calls that got no answer may be there or not, but whole and once. */
export function problemsOf(stored: readonly Found[], answers: readonly Answer[]): string[] {
  const attempts = attemptsIn(stored);
  return [...numberingProblems(stored), ...wholeness(attempts), ...answerProblems(answers, attempts)];
}

interface FoundAttempt {
  readonly size: number;
  readonly events: Found[];
}

function attemptsIn(stored: readonly Found[]): Map<string, FoundAttempt> {
  const attempts = new Map<string, FoundAttempt>();
  for (const event of stored) {
    const [attempt, , size] = event[3].split("/") as [string, string, string];
    const found = attempts.get(attempt) ?? { size: Number(size), events: [] };
    found.events.push(event);
    attempts.set(attempt, found);
  }
  return attempts;
}

function numberingProblems(stored: readonly Found[]): string[] {
  const problems: string[] = [];
  const versions = new Map<string, number>();
  for (const [index, [position, stream, version]] of stored.entries()) {
    const next = (versions.get(stream) ?? 0) + 1;
    if (position !== index + 1) problems.push(`position ${position} stands where ${index + 1} should`);
    if (version !== next) problems.push(`${stream} has version ${version} where ${next} should be`);
    versions.set(stream, next);
  }
  return problems;
}

function wholeness(attempts: ReadonlyMap<string, FoundAttempt>): string[] {
  return [...attempts].flatMap(([attempt, { size, events }]) => {
    const ids = idsOf(attempt, size).join();
    const inOrder = events.map(([, , , id]) => id).join() === ids;
    const together = (events.at(-1) as Found)[0] - (events[0] as Found)[0] === size - 1;
    return inOrder && together ? [] : [`${attempt}, of ${size}, is there as ${JSON.stringify(events)}`];
  });
}

function answerProblems(answers: readonly Answer[], attempts: ReadonlyMap<string, FoundAttempt>): string[] {
  return answers.flatMap((answer) => {
    const found = attempts.get(answer.attempt);
    const told = JSON.stringify(answer);
    if (answer.outcome === "conflict") return found === undefined ? [] : [`refused and yet stored: ${told}`];
    if (found === undefined) return [`acknowledged and lost: ${told}`];
    const [position, stream, version] = found.events.at(-1) as Found;
    if (position !== answer.position || stream !== answer.stream || version !== answer.version) {
      return [`stored as ${JSON.stringify(found.events.at(-1))}, but acknowledged as ${told}`];
    }
    const stale = !answer.again && answer.expected >= 0 && version - found.size !== answer.expected;
    return stale ? [`stored at version ${version}, against what it expected: ${told}`] : [];
  });
}
