import { Refusal } from "./refusals.ts";

/** For how many seconds a client may ask for more than its rate, after it was quiet. */
const BURST = 10;

/** Above so many clients, those that are quiet are forgotten. */
const REMEMBERED = 1_000;

/** How much of something each client may ask for in a second. */
export interface Rate {
  /** Counts what a client asks for. @throws "too-many-requests", with when to try again, if it has asked for too much before. */
  take(client: unknown, amount: number): void;
}

/** What a client may still ask for, and when that was so. */
interface Allowance {
  left: number;
  at: number;
}

export function createRate(perSecond: number, what: string, clock: () => number): Rate {
  const most = perSecond * BURST;
  const clients = new Map<unknown, Allowance>();

  function leftOf({ left, at }: Allowance, now: number): number {
    // A clock may be set back.
    return Math.min(most, left + (Math.max(0, now - at) * perSecond) / 1_000);
  }

  return {
    take(client, amount) {
      const now = clock();
      const known = clients.get(client);
      const left = known === undefined ? most : leftOf(known, now);
      if (left <= 0) {
        const message = `this client may send ${perSecond} ${what} a second`;
        throw new Refusal("too-many-requests", message, Math.ceil((1 - left) / perSecond) * 1_000);
      }
      // May become negative, so that one message that is larger than the allowance passes.
      clients.set(client, { left: left - amount, at: now });
      if (clients.size <= REMEMBERED) return;
      for (const [one, allowance] of clients) if (leftOf(allowance, now) === most) clients.delete(one);
    },
  };
}
