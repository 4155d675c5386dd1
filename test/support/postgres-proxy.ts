import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Postgres } from "./postgres-server.ts";
import { temporaryFolder } from "./temporary.ts";

/**
 * What becomes of a message. "drop": it is lost, and the connection stays. "cut": the connection ends before it; "half": in its middle.
 * "delay": it and those after it come later.
 */
export type Fate = "pass" | "drop" | "cut" | "half" | "delay";

/** How long "delay" lasts, in milliseconds. */
const DELAY = 8;

/** A message between a client and PostgreSQL. */
export interface ProxyMessage {
  readonly from: "client" | "server";
  /** The letter of its kind (https://www.postgresql.org/docs/current/protocol-message-formats.html); empty for a startup message. */
  readonly kind: string;
  readonly bytes: Buffer;
}

/** A proxy in front of a server, which sees every message. */
export interface PostgresProxy {
  readonly connectionString: string;
  /** Decides on every message from now on; default: all pass. */
  decide(fate: (message: ProxyMessage) => Fate): void;
  /** Ends all connections. */
  cutAll(): void;
  /** How many connections are open. */
  readonly connections: number;
}

/** Starts a proxy for the running test. */
export async function startProxy(server: Postgres): Promise<PostgresProxy> {
  const folder = temporaryFolder();
  const sockets = new Set<Socket>();
  let fateOf: (message: ProxyMessage) => Fate = () => "pass";
  let connections = 0;

  const listener = createServer((client) => {
    const upstream = connect(join(server.host, ".s.PGSQL.5432"));
    connections += 1;
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", cut);
      socket.on("close", () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.on("close", () => (connections -= 1));
    forward("client", client, upstream, cut);
    forward("server", upstream, client, cut);
  });

  function forward(from: ProxyMessage["from"], source: Socket, target: Socket, cut: () => void): void {
    let rest = Buffer.alloc(0);
    let started = from === "server";
    let delayed = false;
    source.on("data", (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      forwardMore();
    });

    function forwardMore(): void {
      while (!delayed) {
        // A startup message has no letter.
        const letter = started ? 1 : 0;
        const size = rest.length < letter + 4 ? Infinity : letter + rest.readInt32BE(letter);
        if (rest.length < size) return;
        const bytes = rest.subarray(0, size);
        rest = rest.subarray(size);
        const kind = started ? String.fromCharCode(bytes[0] as number) : "";
        started = true;
        const fate = fateOf({ from, kind, bytes });
        if (fate === "drop") continue;
        if (fate === "pass") target.write(bytes);
        else if (fate === "delay") {
          delayed = true;
          setTimeout(() => {
            delayed = false;
            if (target.writable) target.write(bytes);
            forwardMore();
          }, DELAY);
        } else {
          if (fate === "half") target.write(bytes.subarray(0, Math.ceil(bytes.length / 2)));
          // What was written before still leaves.
          target.end(() => cut());
          source.pause();
          return;
        }
      }
    }
  }

  await new Promise<void>((resolve) => listener.listen(join(folder, ".s.PGSQL.5432"), resolve));
  const cutAll = (): void => sockets.forEach((socket) => socket.destroy());
  onTestFinished(() => {
    listener.close();
    cutAll();
  });
  return {
    connectionString: `postgres:///postgres?user=rivulet&host=${encodeURIComponent(folder)}`,
    decide: (fate) => (fateOf = fate),
    cutAll,
    get connections() {
      return connections;
    },
  };
}
