import { context, ROOT_CONTEXT, SpanKind, trace } from "@opentelemetry/api";
import { checkVerb } from "../../src/adapter.ts";
import type { FetchLike } from "../../src/sync/index.ts";
import type { Hub } from "../../src/sync/hub/index.ts";
import { telemetryOf, type TelemetryOptions } from "./telemetry.ts";
import { KEY, parseTraceParent, traceParentOf } from "./trace-parent.ts";

/**
 * Returns a `fetch` for `follow`, with a span around each push and pull, up to the beginning of the answer. The hub can go on with the
 * trace, see `tracedHub`.
 *
 * @throws `invalid-argument` for wrong arguments.
 * @example
 * ```ts
 * const through = tracedFetch(fetchHub);
 * const other = await openEventStore(betterSqlite3());
 * const second = await follow(other, { url: "https://example.org/sync", fetch: through, streams: ["account-1"] });
 * await Promise.all([second.close(), replica.status.connection]);
 * await other.close();
 * ```
 */
export function tracedFetch(fetch: FetchLike, options: TelemetryOptions = {}): FetchLike {
  checkVerb(fetch, "call", "fetch", "a function");
  const { inSpan } = telemetryOf(options);
  return (url, init) => {
    const verb = verbOf(url);
    const attributes = { "http.request.method": init.method, "url.full": url, "rivulet.operation": verb };
    return inSpan(`POST ${verb}`, { kind: SpanKind.CLIENT, attributes }, async (span) => {
      const parent = traceParentOf(span);
      const headers = { ...init.headers, ...(parent !== undefined && { [KEY]: parent }) };
      const response = await fetch(url, { ...init, headers });
      span.setAttribute("http.response.status_code", response.status);
      return response;
    });
  };
}

/**
 * Returns a hub with a span around each push and pull that it answers, up to the beginning of the answer. It belongs to the trace of the
 * request if that has a `traceparent`.
 *
 * @throws `invalid-argument` for wrong arguments.
 * @example
 * ```ts
 * const visible = tracedHub(hub);
 * const response = await visible.fetch(new Request("https://example.org/sync/pull", { method: "POST", body: "{}" }));
 * console.log(response.status); // → 400
 * ```
 */
export function tracedHub(hub: Hub, options: TelemetryOptions = {}): Hub {
  checkVerb(hub, "fetch", "hub", "from createHub");
  const { inSpan } = telemetryOf(options);
  return {
    ...hub,
    fetch(request) {
      const verb = verbOf(request.url);
      const parent = parseTraceParent(request.headers.get(KEY));
      const around = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
      const attributes = { "http.request.method": request.method, "http.route": verb, "rivulet.operation": verb };
      return context.with(around, () =>
        inSpan(`${request.method} ${verb}`, { kind: SpanKind.SERVER, attributes, around }, async (span) => {
          const response = await hub.fetch(request);
          span.setAttribute("http.response.status_code", response.status);
          return response;
        }),
      );
    },
  };
}

/** The last part of an address: "push" or "pull". */
function verbOf(url: string): string {
  return /\/(push|pull)(?:\?|$)/.exec(url)?.[1] ?? "other";
}
