import { durationOf, LONGEST_LEASE, type KeptLease } from "./lease-rules.ts";

/** Beyond any real application, and still far enough below 2^53 for exact positions. */
export const LARGEST: number = 2 ** 52;

/** Returns what is wrong with a stored lease, or undefined. `last` is the newest token. */
export function findLeaseProblem({ holder, token, expires }: KeptLease, last: number): string | undefined {
  if (token < 1 || token > last) return `it has the token ${token}, but the newest token is ${last}`;
  if (!isTime(expires)) return `it expires at ${expires}, which is not a valid time`;
  const duration = durationOf(holder) ?? 0;
  return duration > LONGEST_LEASE
    ? `it lasts ${duration} ms, but no lease lasts longer than ${LONGEST_LEASE} ms`
    : undefined;
}

/** Tells whether a value is a whole number from 0 on that leaves room for later ones. */
export function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < LARGEST;
}

/** Tells whether a value is a time in milliseconds since the epoch. */
export function isTime(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
