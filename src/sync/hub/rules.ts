import type { AbortSignalLike } from "../../platform.ts";
import { createAbort } from "../../platform.ts";
import type { AskedAppend, AskedCommand, HubRules, Verdict } from "./hub-options.ts";

/** An application's rules, each with an answer that is checked and comes in time. All of them reject if the rule fails. */
export interface CheckedRules<Client> {
  mayFollow(client: Client, stream: string): Promise<boolean>;
  /** Resolves with undefined, or with why it is refused. */
  whyNotAppend(client: Client, asked: AskedAppend): Promise<string | undefined>;
  whyNotExecute(client: Client, asked: AskedCommand): Promise<string | undefined>;
}

/** Waits so many milliseconds; rejects with the signal's reason. */
export type Wait = (milliseconds: number, signal: AbortSignalLike) => Promise<void>;

/** Only true permits something: a rule that forgets to answer, or answers anything else, refuses. */
export function checkRules<Client>(
  { mayFollow, mayAppend, mayExecute }: HubRules<Client>,
  most: number,
  wait: Wait,
): CheckedRules<Client> {
  return {
    async mayFollow(client, stream) {
      const answer: unknown = mayFollow === undefined || (await inTime(() => mayFollow(client, stream), most, wait));
      return answer === true;
    },
    async whyNotAppend(client, asked) {
      if (mayAppend === undefined) return "this hub takes commands only";
      return whyNot(await inTime(() => mayAppend(client, asked), most, wait));
    },
    async whyNotExecute(client, asked) {
      return mayExecute && whyNot(await inTime(() => mayExecute(client, asked), most, wait));
    },
  };
}

function whyNot(verdict: Verdict): string | undefined {
  if (verdict === true) return undefined;
  return typeof verdict === "string" ? verdict : "the hub's rules do not permit this";
}

/** Resolves with what `ask` returns. Rejects if that takes longer than `most` milliseconds. */
export async function inTime<T>(ask: () => T | PromiseLike<T>, most: number, wait: Wait): Promise<T> {
  const answer = ask();
  if (typeof (Object(answer) as { readonly then?: unknown }).then !== "function") return answer;
  const answered = createAbort();
  const late = wait(most, answered.signal).then(() => {
    throw new Error(`a rule of the hub has not answered within ${most} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([answer, late]);
  } finally {
    answered.abort();
  }
}
