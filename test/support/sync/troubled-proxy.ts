import type { Hub, MadeResponse, ReadableLike, RequestLike } from "rivulet/sync/hub";
import type { Served } from "./node-listener.ts";

/** What a proxy between replicas and a hub does to what passes it. */
export type Trouble =
  | "doubles every request"
  | "answers 502 after the hub has answered"
  | "cuts answers in the middle of a line"
  | "passes on answers in small pieces"
  | "answers from a cache what it may keep";

/** A hub as it is reached through a proxy. Each trouble ends by itself, or can be lived with. */
export function behindProxy(hub: Pick<Hub, "fetch">, trouble: Trouble): Served {
  const cache = new Map<string, string>();
  let requests = 0;

  return {
    async fetch(request) {
      requests += 1;
      const text = await textOf(request.body);
      const pass = (): Promise<MadeResponse> => hub.fetch({ ...copyOf(request), body: bodyOf([text]) });
      switch (trouble) {
        case "doubles every request": {
          if (request.url.endsWith("/push")) await pass();
          return pass();
        }
        case "answers 502 after the hub has answered": {
          const response = await pass();
          if (requests % 2 === 0 || !request.url.endsWith("/push")) return response;
          return new Response("bad gateway", { status: 502 });
        }
        case "cuts answers in the middle of a line":
          return changed(await pass(), (body) => cutAfter(body, 150 * requests));
        case "passes on answers in small pieces":
          return changed(await pass(), inPieces);
        default: {
          const key = `${request.method} ${request.url}`;
          const kept = cache.get(key);
          if (kept !== undefined) return new Response(kept, { status: 200 });
          const response = await pass();
          const mayKeep = response.headers.get("cache-control")?.includes("no-store") !== true;
          return mayKeep ? changed(response, (body) => keeping(body, (whole) => cache.set(key, whole))) : response;
        }
      }
    },
  };
}

function copyOf({ method, url, signal, headers }: RequestLike): Omit<RequestLike, "body"> {
  return { method, url, signal, headers };
}

async function textOf(body: ReadableLike | null): Promise<string> {
  const reader = body?.getReader();
  const pieces: Uint8Array[] = [];
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (value !== undefined) pieces.push(value);
    if (done) return Buffer.concat(pieces).toString();
  }
}

function bodyOf(texts: readonly string[]): ReadableLike {
  const left = texts.map((text) => Buffer.from(text));
  return {
    getReader: () => ({
      read() {
        const value = left.shift();
        return Promise.resolve(value === undefined ? { done: true } : { done: false, value });
      },
      cancel: () => Promise.resolve(),
    }),
  };
}

function changed(response: MadeResponse, change: (body: ReadableLike) => ReadableLike): MadeResponse {
  const { status, headers, body } = response;
  return { status, headers, body: body && change(body) };
}

function cutAfter(body: ReadableLike, bytes: number): ReadableLike {
  const reader = body.getReader();
  let left = bytes;
  return {
    getReader: () => ({
      async read() {
        const { done, value } = await reader.read();
        if (done || value === undefined || value.length <= left) {
          left -= value?.length ?? 0;
          return { done, value };
        }
        if (left === 0) {
          await reader.cancel();
          return { done: true };
        }
        const first = value.subarray(0, left);
        left = 0;
        return { done: false, value: first };
      },
      cancel: (reason) => reader.cancel(reason),
    }),
  };
}

function inPieces(body: ReadableLike): ReadableLike {
  const reader = body.getReader();
  let rest = new Uint8Array();
  return {
    getReader: () => ({
      async read() {
        if (rest.length === 0) {
          const { done, value } = await reader.read();
          if (done || value === undefined) return { done: true };
          rest = Uint8Array.from(value);
        }
        const value = rest.subarray(0, 50);
        rest = rest.subarray(50);
        // So that each arrives on its own.
        await new Promise(setImmediate);
        return { done: false, value };
      },
      cancel: (reason) => reader.cancel(reason),
    }),
  };
}

function keeping(body: ReadableLike, keep: (whole: string) => void): ReadableLike {
  const reader = body.getReader();
  let whole = "";
  return {
    getReader: () => ({
      async read() {
        const piece = await reader.read();
        if (piece.value !== undefined) {
          whole += Buffer.from(piece.value).toString();
          keep(whole);
        }
        return piece;
      },
      cancel: (reason) => reader.cancel(reason),
    }),
  };
}
