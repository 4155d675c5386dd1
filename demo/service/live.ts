import type { IncomingMessage, ServerResponse } from "node:http";
import type { Live } from "../counter/service.ts";
import { onGone } from "./gone.ts";

/** The interval of signs of life on a silent connection, in milliseconds. */
const HEARTBEAT = 15_000;

/** The largest number of followers, each with its own connection. */
const MOST_FOLLOWERS = 100;

/**
 * Sends live values as server-sent events under their names, at once and whenever they change. Followers beyond the
 * limit are asked to retry later.
 */
export function createLiveFeed(
  values: Readonly<Record<string, Live<unknown>>>,
): (request: IncomingMessage, response: ServerResponse) => void {
  let followers = 0;
  return ({ method }, response) => {
    if (followers >= MOST_FOLLOWERS) {
      response.writeHead(503, { "retry-after": "10" }).end();
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    if (method === "HEAD") {
      response.end();
      return;
    }
    followers += 1;
    const stops = [
      ...Object.entries(values).map(([name, live]) => follow(name, live, response)),
      every(HEARTBEAT, () => response.write(": alive\n\n")),
    ];
    onGone(response, () => {
      followers -= 1;
      for (const stop of stops) stop();
    });
  };
}

/** Follows one live value. A slow reader gets the newest state when it is ready, without a queue. */
function follow(name: string, live: Live<unknown>, response: ServerResponse): () => void {
  const send = (): void => {
    if (response.writableNeedDrain) return;
    const { state, position } = live;
    response.write(`event: ${name}\ndata: ${JSON.stringify({ state, position })}\n\n`);
  };
  const stop = live.subscribe(send);
  response.on("drain", send);
  send();
  return () => {
    stop();
    response.off("drain", send);
  };
}

function every(milliseconds: number, task: () => void): () => void {
  const timer = setInterval(task, milliseconds);
  return () => clearInterval(timer);
}
