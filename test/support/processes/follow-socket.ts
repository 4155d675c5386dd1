/**
 * Follows a store over a WebSocket: prints "connected" for each socket that opens, "watching" with the number of events so far, and
 * each later event's position and type. Appends what it reads: a line is a type. Argument: the socket's address.
 */
import { createInterface } from "node:readline";
import { openEventStore } from "rivulet";
import { webSocketStore, type WebSocketLike } from "rivulet/durable-objects";

/** Node 20 has no WebSocket, and its types have none. */
declare const WebSocket: new (url: string) => WebSocketLike;

const url = process.argv[2] as string;
const store = await openEventStore(
  webSocketStore(() => {
    const socket = new WebSocket(url);
    socket.addEventListener("open", () => console.log("connected"));
    return socket;
  }),
);
const known = await store.head();
console.log(`watching ${known}`);
createInterface({ input: process.stdin }).on("line", (type) => {
  void store
    .stream("s")
    .append({ type })
    .then(
      ({ position }) => console.log(`appended ${position}`),
      (error: unknown) => console.log(`failed ${String(error)}`),
    );
});
for await (const { position, type } of store.watch({ after: known })) console.log(`event ${position} ${type}`);
