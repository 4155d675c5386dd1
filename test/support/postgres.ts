import { afterAll, beforeAll, onTestFinished } from "vitest";
import { findPrograms, servePostgres, type Postgres } from "./postgres-server.ts";

export type { Postgres } from "./postgres-server.ts";

/** Whether its tests may be skipped because PostgreSQL is not installed. In CI they fail instead. */
export function mayBeLeftOut(): boolean {
  return process.env["CI"] === undefined && findPrograms() === undefined;
}

/** Starts a server that is stopped after the test. Unless it flushes, it may be killed, but not lose power. */
export async function startPostgres({ flushes = false } = {}): Promise<Postgres> {
  const server = await servePostgres(flushes);
  onTestFinished(server.remove);
  return server;
}

/** Starts a server for a block of tests, which does not flush unless `flushes` is set. Returns a function that returns it. */
export function usePostgres({ flushes = false } = {}): () => Postgres {
  let server: Postgres | undefined;
  beforeAll(async () => {
    server = await servePostgres(flushes);
  });
  afterAll(() => server?.remove());
  return () => server as Postgres;
}

/** Starts a standby of a server, which is stopped after the test. */
export async function startStandby(primary: Postgres): Promise<Postgres> {
  const standby = await servePostgres(false, primary);
  onTestFinished(standby.remove);
  return standby;
}
