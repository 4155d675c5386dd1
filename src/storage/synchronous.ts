/** Verbs that answer at once, of which a storage makes its own. */
export type Synchronous<Verbs> = {
  readonly [Name in keyof Verbs]: Verbs[Name] extends (...given: infer Given) => Promise<infer Answer>
    ? (...given: Given) => Answer
    : never;
};

/** Makes each verb answer with a promise: `call` does the work. */
export function answering<Verbs extends object>(
  verbs: Synchronous<Verbs>,
  call: <T>(work: () => T) => Promise<T>,
): Verbs {
  const answers: Record<string, (argument: unknown) => Promise<unknown>> = {};
  for (const [name, verb] of Object.entries<(argument: unknown) => unknown>(verbs)) {
    answers[name] = (argument) => call(() => verb(argument));
  }
  return answers as Verbs;
}
