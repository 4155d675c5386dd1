// Imported from the modules: a test may have replaced the globals with fakes, before or after this was loaded.
import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers";
import type { Endpoint } from "../../src/adapter.ts";
import { hearingThrough, type Listener } from "./hearing-through.ts";

/** How long messages follow each other without a turn of the event loop, in milliseconds. */
const LONGEST_TURN = 2;

/** How many promises that follow from each other a message may settle before the next one comes. */
const STEPS = 32;

const monotonicNow: () => number = performance.now.bind(performance);

/**
 * A port to a worker that leaves the event loop to others in between. Node hands over all messages of a port in one turn, also those
 * that arrive meanwhile: a read that asks for one page after the other would have the thread for itself for as long as the worker
 * answers in time.
 */
export function yieldingPort(port: Endpoint): Endpoint {
  return hearingThrough(port, yielding);
}

/** Delivers messages in their order: in each turn of the event loop as many as a limited time allows, and at least one. */
function yielding(deliver: Listener): Listener {
  const waiting: Parameters<Listener>[0][] = [];
  let since = -Infinity;

  function begin(): void {
    since = monotonicNow();
    next();
  }

  function next(): void {
    // A listener may throw.
    try {
      deliver(waiting.shift()!);
    } finally {
      if (waiting.length > 0) void goOn();
    }
  }

  /** What follows from a message comes before the next one, promises in a row of the usual length included. */
  async function goOn(): Promise<void> {
    for (let step = 0; step < STEPS; step++) await Promise.resolve();
    if (hasTime()) next();
    else setImmediate(begin);
  }

  const hasTime = (): boolean => monotonicNow() - since < LONGEST_TURN;

  return (event) => {
    if (waiting.length === 0 && hasTime()) return deliver(event);
    if (waiting.push(event) === 1) setImmediate(begin);
  };
}
