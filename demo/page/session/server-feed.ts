import type { Counters } from "../../counter/counter.ts";
import type { Live, Ranked } from "../../counter/service.ts";
import { unreachable } from "./unreachable.ts";

/** The pause before a lost connection is opened again, in milliseconds. */
const PAUSE = 1_000;

/** The live values that the server sends. */
interface Feed {
  readonly counters: Live<Counters>;
  readonly ranking: Live<readonly Ranked[]>;
  close(): void;
}

/**
 * Follows the server. Resolves when both values have arrived once; rejects if the server cannot be reached. A
 * connection that is lost later is opened again, since not every browser does that by itself; meanwhile the values have
 * an error.
 */
export async function openFeed(url: string): Promise<Feed> {
  const counters = createReceived<Counters>({});
  const ranking = createReceived<readonly Ranked[]>([]);
  const closed = new AbortController();
  let events: EventSource;

  function connect(onError: () => void): Promise<void> {
    events = new EventSource(url);
    receive(events, "counters", counters);
    receive(events, "ranking", ranking);
    events.addEventListener("error", () => {
      events.close();
      onError();
    });
    return new Promise((resolve) => events.addEventListener("ranking", () => resolve(), { once: true }));
  }

  function lost(): void {
    counters.fail(unreachable("the connection was lost"));
    ranking.fail(unreachable("the connection was lost"));
    setTimeout(() => {
      if (!closed.signal.aborted) void connect(lost);
    }, PAUSE);
  }

  let first = true;
  await new Promise<void>((resolve, reject) => {
    const onError = (): void => (first ? reject(unreachable("no answer")) : lost());
    void connect(onError).then(() => {
      first = false;
      resolve();
    });
  });
  return {
    counters: counters.live,
    ranking: ranking.live,
    close() {
      closed.abort();
      events.close();
    },
  };
}

function receive<Value>(events: EventSource, name: string, { take }: Received<Value>): void {
  events.addEventListener(name, ({ data }: MessageEvent<string>) => take(JSON.parse(data) as Now<Value>));
}

interface Now<Value> {
  readonly state: Value;
  readonly position: number;
  readonly error?: unknown;
}

interface Received<Value> {
  readonly live: Live<Value>;
  take(now: Now<Value>): void;
  fail(error: unknown): void;
}

function createReceived<Value>(initial: Value): Received<Value> {
  let now: Now<Value> = { state: initial, position: 0 };
  const listeners = new Set<() => void>();
  const take = (next: Now<Value>): void => {
    now = next;
    for (const listener of [...listeners]) listener();
  };
  return {
    take,
    fail: (error) => take({ ...now, error }),
    live: {
      get state() {
        return now.state;
      },
      get position() {
        return now.position;
      },
      get error() {
        return now.error;
      },
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
}
