import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on a port of this machine. */
export interface HttpServer {
  readonly origin: string;
  /** Cuts every connection, as a network would that goes away for a moment. */
  cut(): void;
  /** Whether a connection ends as soon as it is made. Default: false. */
  refuses: boolean;
  /** Cuts every connection, and gives the port back. */
  close(): Promise<void>;
}

/**
 * Serves requests; port 0: any that is free. An answer whose client has left before its end may fail in any way, because nothing can be read or written any more.
 * Every other failure fails the run.
 */
export async function serveRequests(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  port = 0,
): Promise<HttpServer> {
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.destroyed && !response.writableFinished) return;
      response.destroy();
      throw error;
    });
  });
  server.on("connection", (socket) => {
    if (served.refuses) socket.destroy();
  });
  await once(server.listen(port, "127.0.0.1"), "listening");
  const served: HttpServer = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    refuses: false,
    cut: () => server.closeAllConnections(),
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
  return served;
}
