import type { IncomingMessage, ServerResponse } from "node:http";
import type { CounterService, Live } from "../counter/service.ts";

/** How often a silent connection shows that it is alive, in milliseconds. */
const HEARTBEAT = 15_000;

/** So many may follow at once, each with a connection of its own. */
const MOST_FOLLOWERS = 100;

/**
 * Server-sent events: what the counters and their ranking are, at once and whenever they have changed. More followers than there
 * may be are asked to come later.
 */
export function createLiveFeed(service: CounterService): (request: IncomingMessage, response: ServerResponse) => void {
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
      follow("counters", service.counters, response),
      follow("ranking", service.ranking, response),
      every(HEARTBEAT, () => response.write(": alive\n\n")),
    ];
    response.once("close", () => {
      followers -= 1;
      for (const stop of stops) stop();
    });
  };
}

/** Whoever reads slowly gets the newest state when he is ready for one, and no queue. */
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
