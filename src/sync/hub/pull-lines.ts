import type { StoredEvent } from "../../event.ts";
import type { AbortSignalLike } from "../../platform.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import { checkPull } from "../check-messages.ts";
import type { PullLine, Schemas } from "../messages.ts";
import { compareSchemas } from "../schemas.ts";
import { createBeats } from "./beats.ts";
import { createFeed } from "./feed.ts";
import type { Marks } from "./marks.ts";
import type { Wait } from "./rules.ts";
import type { ShareLine } from "./shared-lines.ts";

/** What a pull needs of its hub. */
export interface PullParts {
  readonly context: StoreContext;
  readonly marks: Marks;
  readonly share: ShareLine;
  /** After how many milliseconds a line is sent, even if it has no events. */
  readonly heartbeat: number;
  readonly wait: Wait;
  /** The versions of events that the hub writes. */
  readonly own: Schemas | undefined;
  /** Whether the client may follow a stream. */
  readonly mayFollow: (stream: string) => Promise<boolean>;
}

/** The lines that answer a pull. Each is made when it is asked for. */
export async function* pullLines(
  { context, marks, share, heartbeat, wait, own, mayFollow }: PullParts,
  message: unknown,
  signal: AbortSignalLike,
): AsyncGenerator<PullLine> {
  const { lineage: known, items, live, once = false, quiet = false, schemas } = checkPull(message);
  compareSchemas(schemas, own);
  const lineage = await marks.ownLineage(known, items);
  const names = items.filter(({ kind }) => kind === "stream").map(({ name }) => name);
  const gone = await withheld(names);
  const given = items.filter(({ kind, name }) => kind === "prefix" || !gone.includes(name));
  let position = given.length === 0 ? await context.storage.head() : Math.min(...given.map((item) => item.position));
  const feed = createFeed(context, given, position);
  const beats = createBeats(heartbeat, wait, signal);
  let sent = position;
  let announced = quiet;
  let last: StoredEvent | undefined;
  try {
    for (;;) {
      const batch = await feed.next();
      position = batch?.position ?? position;
      last = batch?.last ?? last;
      if (signal.aborted) throw signal.reason;
      // The replica asks again, since its places differ from stream to stream now.
      if ((await withheld(names)).join("\n") !== gone.join("\n")) return;
      const events = await permitted(batch?.events ?? []);
      if (events.length > 0 || beats.due() || (batch === undefined && !announced)) {
        const place = await marks.placeAt(lineage, position, last);
        const caughtUp = announced || batch === undefined;
        const head = caughtUp ? position : Math.max(position, await context.storage.head());
        yield share({ lineage, after: sent, place, head, caughtUp, gone }, events);
        beats.taken();
        sent = position;
        if (once) return;
      }
      if (batch !== undefined) continue;
      announced = true;
      if (!live) return;
      await beats.or(feed.news());
    }
  } finally {
    beats.stop();
    feed.stop();
  }

  async function withheld(streams: readonly string[]): Promise<readonly string[]> {
    const found: string[] = [];
    for (const stream of streams) if (!(await mayFollow(stream))) found.push(stream);
    return found;
  }

  async function permitted(events: readonly StoredEvent[]): Promise<readonly StoredEvent[]> {
    const streams = [...new Set(events.map(({ stream }) => stream))];
    const refused = await withheld(streams);
    return refused.length === 0 ? events : events.filter(({ stream }) => !refused.includes(stream));
  }
}
