import { mustBe } from "../errors.ts";
import { createBufferedIterator } from "../async/buffered-iterator.ts";
import type { ExportedText, ExportOptions } from "./text-format.ts";
import type { StoredEvent } from "../event.ts";
import { FILTER_OPTIONS, toRecordFilter } from "../events/filter.ts";
import { checkPosition, checkOptions, isObject } from "../validate.ts";
import { createPager, type Pager } from "../read/pager.ts";
import { boundOf } from "../read/read.ts";
import { writeJson } from "../storage/event-page.ts";
import type { StoreContext } from "../storage/store-context.ts";

const OPTIONS = ["after", "upTo", "asOf", "onProgress", "signal", ...FILTER_OPTIONS];

/** Exports one piece of text for each page. @throws `store-closed` and `invalid-argument`. */
export function exportNdjson(context: StoreContext, options: ExportOptions): ExportedText {
  context.ensureOpen();
  checkOptions(options, OPTIONS);
  const { after = 0, upTo = Number.MAX_SAFE_INTEGER, onProgress, signal } = options;
  checkPosition(after, "after");
  checkPosition(upTo, "upTo");
  const bound = boundOf(options.asOf);
  const filter = toRecordFilter(options);
  const walk = { after, upTo, direction: "forward", ...(filter !== undefined && { filter }) } as const;
  // Events are exported as they are stored. They are upcast when the copy is read.
  const stored = { ...context, format: undefined };
  let pager: Pager | undefined;

  async function fill(): Promise<readonly string[] | undefined> {
    pager ??= createPager(stored, walk, await bound(context));
    const page = await pager.next();
    context.ensureOpen();
    if (page === undefined) return undefined;
    const total = Math.min(upTo, pager.head as number);
    onProgress?.({ done: Math.min(pager.cursor, total), total });
    return page.length === 0 ? [] : [page.map(ndjsonLine).join("")];
  }

  return createBufferedIterator({ fill, signal });
}

/**
 * Writes an event as a line of an export, including its line feed. Use it to write the events of a watch to a file.
 *
 * @example
 * ```ts
 * await account.append({ type: "deposited", data: { amount: 100 } });
 * const [event] = await account.read().toArray();
 * if (event !== undefined) console.log(JSON.parse(ndjsonLine(event)).data); // → { amount: 100 }
 * ```
 */
export function ndjsonLine(event: StoredEvent): string {
  if (!isObject(event?.metadata)) throw mustBe("event", "a stored event");
  // JSON leaves undefined properties out.
  const metadata = Object.keys(event.metadata).length === 0 ? undefined : event.metadata;
  return `${writeJson({ ...event, metadata }, event)}\n`;
}
