/** Types and rules of recorded histories, for the pages that make them and the test that checks them. */

/** A call. Its events' ids identify it completely, because the last message of a page may be lost. */
export interface Call {
  readonly attempt: string;
  readonly stream: string;
  readonly size: number;
  /** The expected version, or -1 for any. */
  readonly expected: number;
}

/** The outcome of a call. */
export interface Answer {
  readonly attempt: string;
  readonly outcome: "stored" | "conflict";
  /** The version of the last event if it was stored; otherwise the actual version. */
  readonly version: number;
  /** The position of the last event if it was stored. */
  readonly position: number;
}

/** The events that a watcher received, in order. */
export interface Sighting {
  readonly watcher: string;
  readonly events: readonly (readonly [position: number, id: string])[];
}

/** A message of a page, sent at once because the page may be killed the next moment. */
export type Saying =
  | { readonly call: Call }
  | { readonly answer: Answer }
  | { readonly saw: Sighting }
  | { readonly wrong: string };

/** An event as a reader of the whole store finds it. */
export type Found = readonly [position: number, stream: string, version: number, id: string];

/** All messages. A call may occur twice if it was repeated, perhaps by another tab after the first was killed. */
export interface History {
  readonly calls: readonly Call[];
  readonly answers: readonly Answer[];
  readonly sightings: readonly Sighting[];
}

export function idsOf({ attempt, stream, size, expected }: Call): string[] {
  return Array.from({ length: size }, (_, index) => [attempt, stream, size, expected, index].join("/"));
}

function callOf(id: string): Call {
  const [attempt, stream, size, expected] = id.split("/") as [string, string, string, string];
  return { attempt, stream, size: Number(size), expected: Number(expected) };
}

/** Calls whose outcome is unknown. */
export function unanswered({ calls, answers }: History): Call[] {
  const answered = new Set(answers.map(({ attempt }) => attempt));
  return calls.filter(({ attempt }) => !answered.has(attempt));
}

/**
 * Compares the stored events with the calls and their outcomes. The events of unanswered calls may be stored or not,
 * but only completely, once, and at the expected version.
 */
export function problemsOf(stored: readonly Found[], history: History): string[] {
  const attempts = groupBy(stored, ([, , , id]) => callOf(id).attempt);
  const calls = new Map(history.calls.map((call) => [call.attempt, call]));
  return [
    ...numberingProblems(stored),
    ...[...attempts.values()].flatMap(callProblems),
    ...history.answers.flatMap((answer) => answerProblems(answer, calls.get(answer.attempt), attempts, stored)),
    ...sightingProblems(stored, history.sightings),
  ];
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

function callProblems(events: readonly Found[]): string[] {
  const [first, last] = [events[0], events.at(-1)] as [Found, Found];
  const call = callOf(first[3]);
  const whole = events.map(([, , , id]) => id).join() === idsOf(call).join() && last[0] - first[0] === call.size - 1;
  const inPlace = events.every(([, stream]) => stream === call.stream);
  const expected = call.expected < 0 || first[2] === call.expected + 1;
  return whole && inPlace && expected ? [] : [`${JSON.stringify(call)} is there as ${JSON.stringify(events)}`];
}

function answerProblems(
  answer: Answer,
  call: Call | undefined,
  attempts: ReadonlyMap<string, readonly Found[]>,
  stored: readonly Found[],
): string[] {
  const found = attempts.get(answer.attempt);
  const told = `${JSON.stringify(answer)} to ${JSON.stringify(call)}`;
  if (call === undefined) return [`nobody asked: ${told}`];
  if (answer.outcome === "conflict") {
    const reached = stored.some(([, stream, version]) => stream === call.stream && version === answer.version);
    const inTheWay = answer.version !== call.expected && (answer.version === 0 || reached);
    return found === undefined && inTheWay ? [] : [`refused without reason, or stored: ${told}`];
  }
  if (found === undefined) return [`acknowledged and lost: ${told}`];
  const last = found.at(-1) as Found;
  return last[0] === answer.position && last[2] === answer.version ? [] : [`stored as ${String(last)}: ${told}`];
}

/**
 * Checks that every watcher, including those of killed pages, saw a prefix of the stored events, in order and without
 * gaps.
 */
function sightingProblems(stored: readonly Found[], sightings: readonly Sighting[]): string[] {
  return [...groupBy(sightings, ({ watcher }) => watcher)].flatMap(([watcher, seen]) =>
    seen
      .flatMap(({ events }) => events)
      .filter(([position, id], index) => position !== index + 1 || stored[index]?.[3] !== id)
      .map(([position, id]) => `${watcher} saw ${id} at ${position}, where there is ${String(stored[position - 1])}`),
  );
}

function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
