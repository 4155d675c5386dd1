import { storeClosed } from "../errors.ts";
import type { EventStorage } from "./protocol.ts";
import { wrapVerbs } from "./verbs.ts";

const SHARED: unique symbol = Symbol.for("rivulet/shared-storage");

interface Shared {
  readonly opening: Promise<EventStorage>;
  users: number;
}

/**
 * Opens the storage of an object once, for all stores of that object: a storage caches what it has written, and would not notice the
 * writes of another. It is closed with the last of them.
 *
 * @throws the errors of `open`, such as `storage-unavailable`.
 * @example
 * ```ts
 * const owner = {};
 * const one = await shareStorage(owner, async () => (await memory().open()).storage);
 * const same = await shareStorage(owner, async () => (await memory().open()).storage);
 * await Promise.all([one.close(), same.close()]);
 * ```
 */
export async function shareStorage(object: object, open: () => Promise<EventStorage>): Promise<EventStorage> {
  const owner = object as { [SHARED]?: Shared | undefined };
  const shared = (owner[SHARED] ??= { opening: open(), users: 0 });
  shared.users += 1;
  let closed = false;
  async function close(): Promise<void> {
    if (closed) return;
    closed = true;
    shared.users -= 1;
    if (shared.users > 0) return;
    owner[SHARED] = undefined;
    await (await shared.opening).close();
  }
  try {
    const own = wrapVerbs(await shared.opening, (verb) => async (...call) => {
      if (closed) throw storeClosed();
      return verb(...call);
    });
    return { ...own, close };
  } catch (error) {
    if (owner[SHARED] === shared) owner[SHARED] = undefined;
    throw error;
  }
}
