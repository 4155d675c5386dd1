import type { Fold } from "./fold.ts";
import type { StoredEvent } from "../event.ts";
import { matches } from "../events/filter.ts";
import { followNews } from "../subscriptions/following.ts";
import { deepFreeze } from "../events/json.ts";
import type { LiveEvents } from "./live-state.ts";
import { createPager } from "../read/pager.ts";
import { monotonicNow } from "../platform.ts";
import type { ProjectionSource } from "./projection.ts";
import { createSnapshots, type Scope } from "./snapshot-policy.ts";

/**
 * Folds history and what comes after it. What is shown ends where a commit ended: up to the head of a read, or
 * up to a head that the notifier heard of, and never at the end of a mere page. Returns what stops it.
 */
export function follow<State>(
  source: ProjectionSource,
  fold: Fold<State>,
  scope: Scope,
  { show, fail }: LiveEvents<State>,
): () => void {
  const { stream, filter } = scope;
  const snapshots = createSnapshots(source, fold, scope);
  const following = followNews(source.notifier);
  let stopped = false;

  /** Folded, but perhaps amid an append; `version` is that of the newest event in it. */
  let state: State;
  let position = 0;
  let version = 0;
  /** Since the newest snapshot. */
  let unsaved = { events: 0, milliseconds: 0 };
  let saving = false;

  run().catch((error: unknown) => {
    if (!stopped) fail(error);
  });

  async function run(): Promise<void> {
    await following.ready;
    const start = await snapshots.newest(Number.MAX_SAFE_INTEGER);
    state = start.state;
    if (stream === undefined) position = start.key;
    else version = start.key;
    await foldHistory();
    while (!stopped) {
      const tail = following.tailAfter(position);
      if (tail === undefined) await foldHistory();
      else if (tail.head > position) {
        foldEvents(tail.events.filter(isWanted));
        position = tail.head;
        if (tail.whole) settle();
      } else await following.news();
    }
  }

  async function foldHistory(): Promise<void> {
    const started = monotonicNow();
    const after = stream === undefined ? position : version;
    const pager = createPager(source, { ...scope, after, upTo: Number.MAX_SAFE_INTEGER, direction: "forward" });
    for (let page = await pager.next(); page !== undefined; page = await pager.next()) {
      if (stopped) return;
      foldEvents(page);
    }
    if (stopped) return;
    position = Math.max(position, pager.head as number);
    unsaved.milliseconds += monotonicNow() - started;
    settle();
  }

  function foldEvents(events: readonly StoredEvent[]): void {
    for (const event of events) state = fold.step(state, event);
    unsaved.events += events.length;
    version = events.at(-1)?.version ?? version;
  }

  function isWanted(event: StoredEvent): boolean {
    return (stream === undefined || event.stream === stream) && (filter === undefined || matches(filter, event));
  }

  function settle(): void {
    // Frozen: a handler that changed it in place would show half an append, and is to fail instead.
    deepFreeze(state);
    if (!saving) void save();
    show({ state, position });
  }

  /** Beside the folding, which does not wait for the disk. */
  async function save(): Promise<void> {
    const { events, milliseconds } = unsaved;
    saving = true;
    try {
      const key = stream === undefined ? position : version;
      if (await snapshots.offer({ state, key }, events, milliseconds)) {
        unsaved = { events: unsaved.events - events, milliseconds: unsaved.milliseconds - milliseconds };
      }
    } catch (error) {
      if (!stopped) fail(error);
    } finally {
      saving = false;
    }
  }

  return () => {
    stopped = true;
    following.stop();
  };
}
