import { openEventStore, type EventStore } from "rivulet";
import { storeOverSocket, type WebSocketLike } from "rivulet/adapter";
import { onTestFinished } from "vitest";

/** Opens the store that `rivulet inspect` serves at an address, as its page does. */
export async function openInspected(url: string): Promise<EventStore> {
  const store = await openEventStore(storeOverSocket("far", () => socketTo(url)));
  onTestFinished(() => store.close());
  return store;
}

/** What the page's socket does, with Node's `fetch`. */
function socketTo(url: string): WebSocketLike {
  const listeners = new Map<string, (event: { readonly data?: unknown }) => void>();
  const ended = new AbortController();
  let readyState = 0;
  let connection = "";
  let sending: Promise<unknown> = Promise.resolve();
  const tell = (type: string, data?: string): void => listeners.get(type)?.({ data });

  async function receive(): Promise<void> {
    const { body } = await fetch(new URL("events", url), { signal: ended.signal });
    let text = "";
    for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += piece;
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (block.startsWith("event: connected")) {
          connection = data ?? "";
          readyState = 1;
          tell("open");
        } else if (data !== undefined) tell("message", data);
      }
    }
  }

  receive().catch(() => tell("close"));
  return {
    get readyState() {
      return readyState;
    },
    send(body) {
      const to = new URL(`send?connection=${connection}`, url);
      sending = sending.then(() => fetch(to, { method: "POST", body }));
    },
    close() {
      readyState = 3;
      ended.abort();
    },
    addEventListener: (type, listener) => void listeners.set(type, listener),
  };
}
