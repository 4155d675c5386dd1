import type { Counters } from "../../counter/counter.ts";
import type { Live, Ranked } from "../../counter/service.ts";
import { unreachable } from "./unreachable.ts";

/** What the server sends as it changes. */
interface Feed {
  readonly counters: Live<Counters>;
  readonly ranking: Live<readonly Ranked[]>;
  close(): void;
}

/** Follows the server; resolves when both have come once, rejects where it cannot be reached. */
export async function openFeed(url: string): Promise<Feed> {
  const events = new EventSource(url);
  const counters = receive<Counters>(events, "counters", {});
  const ranking = receive<readonly Ranked[]>(events, "ranking", []);
  await new Promise<void>((resolve, reject) => {
    events.addEventListener("ranking", () => resolve(), { once: true });
    events.addEventListener(
      "error",
      (error) => {
        events.close();
        reject(unreachable(error));
      },
      { once: true },
    );
  });
  // It connects again by itself; meanwhile everybody is told that what they see stands still.
  events.addEventListener("error", () => {
    counters.fail(unreachable("the connection was lost"));
    ranking.fail(unreachable("the connection was lost"));
  });
  return { counters, ranking, close: () => events.close() };
}

interface Received<Value> extends Live<Value> {
  fail(error: unknown): void;
}

function receive<Value>(events: EventSource, name: string, initial: Value): Received<Value> {
  let now: { readonly state: Value; readonly position: number } = { state: initial, position: 0 };
  let error: unknown;
  const listeners = new Set<() => void>();
  const tell = (): void => {
    for (const listener of [...listeners]) listener();
  };
  events.addEventListener(name, ({ data }: MessageEvent<string>) => {
    now = JSON.parse(data) as typeof now;
    error = undefined;
    tell();
  });
  return {
    get state() {
      return now.state;
    },
    get position() {
      return now.position;
    },
    get error() {
      return error;
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    fail(reason) {
      error = reason;
      tell();
    },
  };
}
