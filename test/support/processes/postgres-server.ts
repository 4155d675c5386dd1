/** Starts a PostgreSQL server, prints "serves FOLDER", and does nothing until it is killed. */
import { servePostgres } from "../postgres-server.ts";

const { host } = await servePostgres(false);
console.log(`serves ${host}`);
setInterval(() => undefined, 60_000);
