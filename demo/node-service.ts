/**
 * The counters of the page, in Node: the same definitions over a better-sqlite3 file, or with --postgres over PostgreSQL,
 * in the schema of --schema. It is the hub of the devices that share these counters, and also answers plain HTTP. With
 * --page it serves the built page.
 *
 *     node .build/demo/node-service.js --page .build/page
 *     node .build/demo/node-service.js --page .build/page --postgres postgres://localhost/counters
 *     node .build/demo/node-service.js --page .build/page --host 192.168.1.5     # for phones in this network, too
 *     curl localhost:4173/api/counters
 *     curl -N localhost:4173/api/live
 */
import { existsSync, mkdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { openEventStore, type Adapter } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { postgres } from "rivulet/postgres";
import { openCounterService } from "./counter/open-service.ts";
import { createDevices } from "./service/devices.ts";
import { createCounterHub } from "./service/hub.ts";
import { createRequestHandler } from "./service/requests.ts";
import { readOptions } from "./support/options.ts";

const values = readOptions("npm start -- [options]", {
  port: { type: "number", default: "4173", most: 65_535, about: "the port to listen at" },
  file: { type: "string", default: ".data/counters.db", about: "the database of the counters" },
  postgres: { type: "string", about: "keep the counters in PostgreSQL, at this address" },
  schema: { type: "string", default: "rivulet", about: "the schema in PostgreSQL" },
  page: { type: "string", about: "the folder of the built page, to serve it too" },
  host: { type: "string", about: "this machine's address or name, to let other devices in" },
});

const store = await openEventStore(values.postgres === undefined ? onFile(values.file) : onServer(values.postgres));
const service = await openCounterService(store);
const devices = createDevices();
const answerDevice = createCounterHub(store, service, devices);

/** How long a request may take to arrive, in milliseconds. */
const ARRIVAL = 10_000;

const server = createServer(
  { headersTimeout: ARRIVAL, requestTimeout: ARRIVAL, connectionsCheckingInterval: 1_000 },
  createRequestHandler({ service, devices, answerDevice, page: values.page, host: values.host }),
);
server.maxConnections = 500;

server.once("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EADDRINUSE") throw error;
  console.error(`port ${values.port} is taken: choose another one with --port, such as npm start -- --port 8080`);
  process.exitCode = 1;
  void service.close();
});
server.listen(values.port, values.host === undefined ? "127.0.0.1" : "0.0.0.0", () => {
  const { port } = server.address() as AddressInfo;
  console.log(`the counters are at http://localhost:${port}/`);
  if (values.page !== undefined && existsSync(join(values.page, "docs"))) {
    console.log(`the documentation is at http://localhost:${port}/docs/`);
  }
  if (values.host !== undefined) {
    console.log(`other devices reach them at http://${values.host}:${port}/, without a password`);
  }
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
    void service.close();
  });
}

function onFile(path: string): Adapter {
  mkdirSync(dirname(path), { recursive: true });
  return betterSqlite3({ path });
}

/** The store on PostgreSQL. Nothing else of the service depends on where its events are. */
function onServer(connectionString: string): Adapter {
  return postgres({ connectionString, schema: values.schema });
}
