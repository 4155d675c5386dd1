import type { Fold } from "./fold.ts";
import type { StoredEvent } from "../event.ts";
import { freezeState } from "./freeze-state.ts";
import type { LiveEvents } from "./live-state.ts";
import type { Scope } from "../read/pager.ts";
import { monotonicNow } from "../platform.ts";
import { subscribe } from "../subscriptions/subscription.ts";
import { createSnapshots } from "./snapshot-policy.ts";
import type { StoreContext } from "../storage/store-context.ts";

/**
 * Folds history and then new events. A state is shown only at the end of a commit: at the head of a read or a head that the notifier
 * reported, never at the end of a page. Returns a function that stops it.
 */
export function follow<State>(
  context: StoreContext,
  fold: Fold<State>,
  scope: Scope,
  { show, fail }: LiveEvents<State>,
): () => void {
  const { stream } = scope;
  const snapshots = createSnapshots(context, fold, scope);
  /** The folded state, which may contain part of an append; `version` is that of the newest event in it. */
  let state: State;
  let position = 0;
  let version = 0;
  /** The events folded since the newest snapshot, and how long that took. */
  let unsaved = { events: 0, milliseconds: 0 };
  /** When folding began for the next state to show. */
  let started: number | undefined;
  let saving = false;
  let stopped = false;

  const subscription = subscribe(context, scope, findStart(), true);
  run().catch((error: unknown) => {
    if (!stopped) fail(error);
  });

  async function findStart(): Promise<number> {
    const start = await snapshots.newest(Number.MAX_SAFE_INTEGER);
    ({ state } = start);
    if (stream === undefined) position = start.key;
    else version = start.key;
    started = monotonicNow();
    return start.key;
  }

  async function run(): Promise<void> {
    for (let shown = false; ; shown = true) {
      const batch = await subscription.next();
      if (stopped) return;
      if (batch !== undefined) {
        foldEvents(batch.events);
        ({ position } = batch);
        if (batch.wholeAppend) settle();
        else started ??= monotonicNow();
      } else {
        // Without any event, the projection has caught up, too.
        if (!shown) settle();
        await new Promise<void>(subscription.news);
      }
    }
  }

  function foldEvents(events: readonly StoredEvent[]): void {
    for (const event of events) state = fold.step(state, event);
    freezeState(state);
    unsaved.events += events.length;
    version = events.at(-1)?.version ?? version;
  }

  function settle(): void {
    if (started !== undefined) unsaved.milliseconds += monotonicNow() - started;
    started = undefined;
    if (!saving) void save();
    show({ state, position });
  }

  /** Saves a snapshot if one is due. Folding does not wait for it. */
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
    subscription.stop();
  };
}
