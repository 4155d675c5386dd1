import type { ServerResponse } from "node:http";

/**
 * Calls back once, when a response has ended or its connection is closed. Node emits no "close" for a response that still
 * waits behind an earlier one of the same connection, so the connection is observed, too.
 */
export function onGone(response: ServerResponse, task: () => void): void {
  const { socket } = response.req;
  const finish = (): void => {
    response.off("close", finish);
    socket.off("close", finish);
    task();
  };
  response.once("close", finish);
  // A client may send any number of requests without waiting for the answers.
  socket.setMaxListeners(0).once("close", finish);
}
