import { mustBe } from "../errors.ts";
import { stringify } from "../events/json.ts";
import { createBufferedIterator } from "../async/buffered-iterator.ts";
import type { ExportedText, ExportOptions } from "./text-format.ts";
import type { StoredEvent } from "../event.ts";
import { FILTER_OPTIONS, toRecordFilter } from "../events/filter.ts";
import { checkInteger, checkOptions, isObject } from "../validate.ts";
import { createPager, type Pager } from "../read/pager.ts";
import { boundOf, type ReadSource } from "../read/read.ts";

const OPTIONS = ["after", "upTo", "asOf", "onProgress", "signal", ...FILTER_OPTIONS];

/** One piece of text a page. Throws `store-closed` and `invalid-argument`. */
export function exportNdjson(source: ReadSource, options: ExportOptions): ExportedText {
  source.ensureOpen();
  checkOptions(options, OPTIONS);
  const { after = 0, upTo = Number.MAX_SAFE_INTEGER, onProgress, signal } = options;
  checkInteger(after, "after", 0);
  checkInteger(upTo, "upTo", 0);
  const bound = boundOf(options.asOf);
  const filter = toRecordFilter(options);
  const walk = { after, upTo, direction: "forward", ...(filter !== undefined && { filter }) } as const;
  // As they are stored: without upcasting, which is done by who reads them there.
  const stored = { ...source, format: undefined };
  let pager: Pager | undefined;

  async function fill(): Promise<readonly string[] | undefined> {
    pager ??= createPager(stored, walk, await bound(source));
    const page = await pager.next();
    source.ensureOpen();
    if (page === undefined) return undefined;
    const total = Math.min(upTo, pager.head as number);
    onProgress?.({ done: Math.min(pager.cursor, total), total });
    return page.length === 0 ? [] : [page.map(ndjsonLine).join("")];
  }

  return createBufferedIterator({ fill, signal });
}

/** An event as its line in an export, the line feed with it: for who writes down what a watch gives. */
export function ndjsonLine(event: StoredEvent): string {
  if (!isObject(event?.metadata)) throw mustBe("event", "a stored event");
  // What is undefined is left out.
  const metadata = Object.keys(event.metadata).length === 0 ? undefined : event.metadata;
  return `${stringify({ ...event, metadata })}\n`;
}
