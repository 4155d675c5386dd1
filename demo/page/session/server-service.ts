import type { CounterService, LongCall, Progress } from "../../counter/service.ts";
import { openFeed } from "./server-feed.ts";
import { unreachable } from "./unreachable.ts";

/** A line of an answer: progress, and at the end the result or the error. */
type Line =
  | { readonly progress: Progress }
  | { readonly failure: { readonly name: string; readonly message: string } }
  | { readonly result?: unknown };

/** Opens the counters of the service in Node: each call is a request, and live values arrive as server-sent events. */
export async function openServer(base: string): Promise<CounterService> {
  const call = async <Result>(name: string, given: object = {}, long: LongCall = {}): Promise<Result> =>
    (await ask(`${base}/${name}`, given, long)) as Result;
  const feed = await openFeed(`${base}/live`);

  return {
    counters: feed.counters,
    ranking: feed.ranking,
    run: (command, tab) => call("run", { command, tab }),
    countersAt: (position) => call("counters-at", { position }),
    log: (query) => call("log", { query }),
    logSize: (filter) => call("log-size", { filter }),
    series: (stream) => call("series", { stream }),
    rebuild: (long) => call("rebuild", {}, long),
    appendMany: (stream, count, tab, long) => call("append-many", { stream, count, tab }, long),
    conflict: (stream, tab) => call("conflict", { stream, tab }),
    facts: () => call("facts"),
    close: async () => feed.close(),
  };
}

async function ask(url: string, given: object, { onProgress, signal }: LongCall): Promise<unknown> {
  const request = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(given),
    signal: signal ?? null,
  };
  const response = await fetch(url, request).catch((error: unknown) => {
    signal?.throwIfAborted();
    throw unreachable(error);
  });
  if (!response.ok || response.body === null) throw unreachable(`${url} answered ${response.status}`);
  for await (const text of linesOf(response.body)) {
    const line = JSON.parse(text) as Line;
    if ("failure" in line) throw Object.assign(new Error(line.failure.message), line.failure);
    if (!("progress" in line)) return line.result;
    onProgress?.(line.progress);
  }
  throw unreachable(`${url} broke off`);
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + part.value).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
}
