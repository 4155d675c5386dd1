import { createAbort, encodeUtf8, onAbort, type AbortControllerLike, type AbortSignalLike } from "../platform.ts";
import type { FetchLike } from "../sync/index.ts";
import type { MadeResponse, ReadableLike, RequestLike } from "../sync/hub/index.ts";

/** A network between a device and a hub in the same process, which does what a test says. */
export interface TestNetwork {
  /** Passes requests on to the hub. Give it to `follow`. */
  readonly fetch: FetchLike;
  /** How many requests have been sent, including those that failed. */
  readonly requests: number;
  /**
   * Cuts the open connections, and lets every request fail until `online` is called.
   *
   * @example
   * ```ts
   * await using hub = await createTestHub();
   * hub.offline();
   * const response = await hub.fetch("https://hub.test/pull", {} as never).catch(() => "offline");
   * console.log(response); // → offline
   * ```
   */
  offline(): void;
  /**
   * Lets requests pass again. A replica that waits before its next attempt tries at once if you call its `hurry`.
   *
   * @example
   * ```ts
   * await using hub = await createTestHub();
   * hub.offline();
   * hub.online();
   * ```
   */
  online(): void;
  /**
   * Loses the answers to the next requests, by default to one: the hub has done what they asked for, and the sender is not told.
   *
   * @example
   * ```ts
   * await using hub = await createTestHub();
   * hub.loseAnswers();
   * hub.loseAnswers(3);
   * ```
   */
  loseAnswers(count?: number): void;
  /**
   * Holds back requests, and what arrives in open connections, until `release` is called.
   *
   * @example
   * ```ts
   * await using hub = await createTestHub();
   * hub.hold();
   * hub.release();
   * ```
   */
  hold(): void;
  /**
   * Lets everything pass that is held back.
   *
   * @example
   * ```ts
   * await using hub = await createTestHub();
   * hub.hold();
   * hub.release();
   * ```
   */
  release(): void;
}

/** Makes a network whose requests `answer` answers. */
export function createTestNetwork(answer: (request: RequestLike) => Promise<MadeResponse>): TestNetwork {
  const open = new Set<AbortControllerLike>();
  const held = new Set<() => void>();
  let requests = 0;
  let isOffline = false;
  let isHeld = false;
  let toLose = 0;

  /** Waits while messages are held back. Rejects once the connection is cut. */
  async function pass(connection: AbortSignalLike): Promise<void> {
    if (connection.aborted) throw connection.reason;
    if (!isHeld) return;
    await new Promise<void>((resolve, reject) => {
      const ignore = onAbort(connection, () => reject(connection.reason));
      held.add(() => {
        ignore();
        resolve();
      });
    });
  }

  const fetch: FetchLike = async (url, { method, headers, body, signal }) => {
    requests += 1;
    if (isOffline) throw new TypeError("the test's network is offline");
    const connection = createAbort();
    open.add(connection);
    const end = (): void => {
      ignore();
      open.delete(connection);
    };
    const ignore = onAbort(signal, () => connection.abort(signal.reason));
    if (signal.aborted) connection.abort(signal.reason);
    try {
      await pass(connection.signal);
      const lowered = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
      const response = await answer({
        method,
        url,
        signal: connection.signal,
        headers: { get: (name) => lowered.get(name.toLowerCase()) ?? null },
        body: bodyOf(body),
      });
      if (toLose > 0) {
        toLose -= 1;
        connection.abort(new TypeError("the test's network has lost the answer"));
      }
      const arriving = { body: response.body && controlled(response.body, connection.signal, pass, end) };
      await pass(connection.signal);
      return { status: response.status, headers: response.headers, ...arriving };
    } catch (error) {
      connection.abort(error);
      end();
      throw error;
    }
  };

  return {
    fetch,
    get requests() {
      return requests;
    },
    offline() {
      isOffline = true;
      for (const connection of open) connection.abort(new TypeError("the test's network is offline"));
    },
    online: () => void (isOffline = false),
    loseAnswers: (count = 1) => void (toLose = count),
    hold: () => void (isHeld = true),
    release() {
      isHeld = false;
      for (const resume of held) resume();
      held.clear();
    },
  };
}

/** A request's body of one piece. */
function bodyOf(text: string): ReadableLike {
  let value: Uint8Array | undefined = encodeUtf8(text);
  return {
    getReader: () => ({
      read() {
        const piece = value;
        value = undefined;
        return Promise.resolve(piece === undefined ? { done: true } : { done: false, value: piece });
      },
      cancel: () => Promise.resolve(),
    }),
  };
}

/** An answer's body, whose pieces pass as the network lets them. */
function controlled(
  body: ReadableLike,
  connection: AbortSignalLike,
  pass: (connection: AbortSignalLike) => Promise<void>,
  end: () => void,
): ReadableLike {
  const reader = body.getReader();
  const cut = new Promise<never>((_resolve, reject) => onAbort(connection, () => reject(connection.reason)));
  cut.catch(() => undefined);
  onAbort(connection, () => void reader.cancel().catch(() => undefined));
  return {
    getReader: () => ({
      async read() {
        const piece = await Promise.race([reader.read(), cut]);
        if (piece.done) end();
        else await pass(connection);
        return piece;
      },
      async cancel() {
        end();
        await reader.cancel();
      },
    }),
  };
}
