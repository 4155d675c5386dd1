import type { Hub } from "rivulet/sync/hub";
import type { PullLine } from "../../../dist/src/sync/messages.js";

/** An item to pull, from the beginning unless a place is given. */
export interface Asked {
  readonly kind: "stream" | "prefix";
  readonly name: string;
  readonly position?: number;
  readonly mark?: string | null;
}

/** A pull that is open. */
export interface OpenPull {
  readonly response: Response;
  /** Resolves with the next line; undefined at the end. */
  next(): Promise<PullLine | undefined>;
  cancel(): Promise<void>;
}

/** Makes a request to a hub, without any network. */
export function requestTo(verb: string, message: unknown, init: RequestInit = {}): Request {
  const body = typeof message === "string" ? message : JSON.stringify(message);
  return new Request(`http://localhost/sync/${verb}`, { method: "POST", body, ...init });
}

/** Opens a pull at a hub. */
export async function pullFrom(
  hub: Pick<Hub, "fetch">,
  items: readonly Asked[],
  parts: object = {},
  init: RequestInit = {},
): Promise<OpenPull> {
  const message = { protocol: 1, lineage: null, live: true, items: items.map(whole), ...parts };
  const response = await hub.fetch(requestTo("pull", message, init));
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder();
  let rest = "";
  return {
    response,
    async next() {
      while (!rest.includes("\n")) {
        const { done, value } = await reader.read();
        if (done) return undefined;
        rest += decoder.decode(value, { stream: true });
      }
      const end = rest.indexOf("\n");
      const line = JSON.parse(rest.slice(0, end)) as PullLine;
      rest = rest.slice(end + 1);
      return line;
    },
    cancel: () => reader.cancel(),
  };
}

/** Reads a pull to its end. */
export async function linesOf(pull: OpenPull): Promise<readonly PullLine[]> {
  const lines: PullLine[] = [];
  for (let line = await pull.next(); line !== undefined; line = await pull.next()) lines.push(line);
  return lines;
}

function whole({ kind, name, position = 0, mark = null }: Asked): Asked {
  return { kind, name, position, mark };
}
