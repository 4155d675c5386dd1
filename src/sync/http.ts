import type { AbortSignalLike } from "../platform.ts";
import { gatedBody, type Pieces } from "./gated-body.ts";

/** What is used of a `Request`. */
export interface RequestLike {
  readonly method: string;
  readonly url: string;
  readonly signal: AbortSignalLike;
  readonly headers: { get(name: string): string | null };
  /** The body, read piece by piece, so that one that is too large is not read to its end. */
  readonly body: ReadableLike | null;
}

/** What is used of a `ReadableStream`. */
export interface ReadableLike {
  getReader(): {
    read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
    cancel(reason?: unknown): Promise<void>;
  };
}

/** What is used of a `Response`. */
export interface ResponseLike {
  readonly status: number;
  readonly headers?: { get(name: string): string | null };
  readonly body: ReadableLike | null;
}

/** A response as the runtime makes it. */
export interface MadeResponse extends ResponseLike {
  readonly headers: { get(name: string): string | null };
}

/** The runtime's own `Response`, where its types are known. */
export type RuntimeResponse = typeof globalThis extends { readonly Response: { readonly prototype: infer Response } }
  ? Response
  : MadeResponse;

/** Makes a response of the runtime. A body that is not a text is asked for its next piece when it is wanted. */
export function makeResponse(
  status: number,
  given: Readonly<Record<string, string>>,
  body: string | null | Pieces,
  compressed = false,
): MadeResponse {
  const { Response, ReadableStream, TextEncoder, CompressionStream } = globalThis as unknown as Runtime;
  const encoder = new TextEncoder();
  const stream =
    typeof body === "string" || body === null
      ? body
      : (gatedBody(body) ??
        new ReadableStream(
          {
            async pull(controller) {
              const piece = await body.pull();
              if (piece === undefined) controller.close();
              else controller.enqueue(encoder.encode(piece));
            },
            cancel: () => body.cancel(),
          },
          // Nothing is made before it is wanted.
          { highWaterMark: 0 },
        ));
  // Nothing of this may be kept by a cache, changed, or held back by a proxy.
  const headers = { ...given, "cache-control": "no-store, no-transform", "x-accel-buffering": "no" };
  if (!compressed || CompressionStream === undefined || typeof stream === "string" || stream === null)
    return new Response(stream, { status, headers });
  const packed = (stream as Pipeable).pipeThrough(new CompressionStream("gzip"));
  // Workers would compress it once more.
  return new Response(packed, { status, headers: { ...headers, "content-encoding": "gzip" }, encodeBody: "manual" });
}

interface Pipeable {
  pipeThrough(transform: unknown): unknown;
}

interface Runtime {
  readonly Response: new (
    body: unknown,
    init: {
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly encodeBody?: "manual";
    },
  ) => MadeResponse;
  readonly ReadableStream: new (
    source: {
      pull(controller: { enqueue(piece: Uint8Array): void; close(): void }): Promise<void>;
      cancel(): void;
    },
    strategy: { readonly highWaterMark: number },
  ) => Pipeable;
  /** Absent in some runtimes. */
  readonly CompressionStream?: new (format: "gzip") => unknown;
  readonly TextEncoder: new () => { encode(text: string): Uint8Array };
}

/** The runtime's own `AbortSignal`, where its types are known, so that a signal can be passed on to the runtime's `fetch`. */
type RuntimeSignal = typeof globalThis extends { readonly AbortSignal: { readonly prototype: infer Signal } }
  ? Signal & AbortSignalLike
  : AbortSignalLike;

/** What is used of `fetch`. */
export type FetchLike = (
  url: string,
  init: {
    readonly method: "POST";
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly signal: RuntimeSignal;
    readonly cache: "no-store";
  },
) => Promise<ResponseLike>;

/** An error as a hub tells it. */
export interface ToldError {
  readonly error: { readonly code: string; readonly message: string; readonly details?: object };
}

/**
 * Reads a body piece by piece, as text. One that is left before its end is cancelled, unless it is a request's: to cancel that would
 * cut the connection before the answer is sent.
 */
export async function* readText(body: ReadableLike | null, ofRequest = false): AsyncGenerator<string> {
  if (body === null) return;
  const reader = body.getReader();
  const decoder = new Decoder("utf-8");
  let ended = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      ended = done;
      if (done) return;
      if (value !== undefined) yield decoder.decode(value, { stream: true });
    }
  } finally {
    if (!ended && !ofRequest) await reader.cancel().catch(() => undefined);
  }
}

interface StreamingDecoder {
  decode(bytes: Uint8Array, options: { stream: boolean }): string;
}

const Decoder = (globalThis as unknown as { TextDecoder: new (label: string) => StreamingDecoder }).TextDecoder;
