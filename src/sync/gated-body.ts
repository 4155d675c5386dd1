import { encodeUtf8 } from "../platform.ts";

/** The pieces of a body, each made when it is asked for; undefined at the end. */
export interface Pieces {
  pull(): Promise<string | undefined>;
  cancel(): void;
}

interface IdentityStream {
  readonly readable: unknown;
  readonly writable: { getWriter(): Writer };
}

interface Writer {
  readonly closed: Promise<unknown>;
  write(bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/**
 * Makes a body whose pieces wait for the output gate of a Durable Object, so that nobody is told of events that can still be lost. The
 * response itself waits for it, but of the pieces that come later only those that are written to the platform's own stream
 * (https://developers.cloudflare.com/workers/runtime-apis/streams/transformstream/#identitytransformstream). Undefined on every other
 * platform.
 */
export function gatedBody(pieces: Pieces): unknown {
  const { IdentityTransformStream } = globalThis as { readonly IdentityTransformStream?: new () => IdentityStream };
  if (IdentityTransformStream === undefined) return undefined;
  const { readable, writable } = new IdentityTransformStream();
  const writer = writable.getWriter();
  // The reader may leave while nothing is written.
  writer.closed.catch(() => pieces.cancel());
  write(pieces, writer).catch(() => pieces.cancel());
  return readable;
}

async function write(pieces: Pieces, writer: Writer): Promise<void> {
  for (let piece = await pieces.pull(); piece !== undefined; piece = await pieces.pull()) {
    // Resolves once the piece is read.
    await writer.write(encodeUtf8(piece));
  }
  await writer.close();
}
