import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import type { Socket } from "node:net";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import type pg from "pg";
import { copyMade, keepMade } from "./made-once.ts";
import { connect } from "./postgres-client.ts";

/** A user without rights. */
const NOBODY = 65_534;

/** Whom PostgreSQL and PgBouncer, which refuse to run as root, run as. */
export const IDENTITY: { readonly uid?: number; readonly gid?: number } =
  process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};

/** Debian's folder of the programs, by version. */
const DEBIAN = "/usr/lib/postgresql";

/** Waits until the process that started it is gone, however that ended, and then stops its server and removes the folder. */
const GUARD = `cat; "$1" stop -D "$2/data" -m immediate || { sleep 2; "$1" stop -D "$2/data" -m immediate; }; rm -rf "$2"`;

/** A PostgreSQL server on a socket in its own folder. */
export interface Postgres {
  /** The host for clients: the folder of the socket. */
  readonly host: string;
  /** The same as a connection string. */
  readonly connectionString: string;
  /** Kills the server without notifying its clients, so that it has to recover. */
  stopAtOnce(): Promise<void>;
  /** Starts the server again; resolves when it accepts connections. */
  start(): Promise<void>;
  query<Row extends pg.QueryResultRow>(text: string): Promise<Row[]>;
  /** Stops the server and removes its folder. */
  remove(): Promise<void>;
}

/** Starts a server, which the caller has to remove. `primary`: the server that it follows as a standby, by streaming replication. */
export async function servePostgres(flushes = true, primary?: Postgres): Promise<Postgres> {
  const programs = findPrograms();
  if (programs === undefined) throw new Error("no PostgreSQL was found: install the package postgresql");
  const host = mkdtempSync(join(tmpdir(), "rivulet-postgres-"));
  const identity = IDENTITY;
  if (identity.uid !== undefined) chownSync(host, NOBODY, NOBODY);
  chmodSync(host, 0o755);
  const data = join(host, "data");
  let server: ChildProcess | undefined;

  function initialise(): void {
    if (primary === undefined && copyMade("postgres", data)) return;
    const [program, ...options] =
      primary === undefined
        ? ["initdb", "-A", "trust", "-E", "UTF8", "--locale=C"]
        : ["pg_basebackup", "-h", primary.host, "--write-recovery-conf", "--checkpoint=fast"];
    const all = ["-D", data, "-U", "rivulet", "--no-sync", ...options];
    const found = join(programs as string, program);
    // On the path, there may be links to some of the programs only.
    const command = existsSync(found) ? found : program;
    const { status, stderr } = spawnSync(command, all, { ...identity, cwd: host });
    if (status !== 0) throw new Error(`${program} failed: ${String(stderr)}`);
    if (primary === undefined) keepMade("postgres", data);
  }

  async function start(): Promise<void> {
    const options = ["-D", data, "-k", host, "-c", "listen_addresses=", "-c", `fsync=${flushes ? "on" : "off"}`];
    const child = spawn(join(programs as string, "postgres"), options, {
      ...identity,
      cwd: host,
      stdio: ["ignore", "ignore", "pipe"],
    });
    server = child;
    await new Promise<void>((resolve, reject) => {
      const said: string[] = [];
      createInterface({ input: child.stderr }).on("line", (line) => {
        if (said.length < 50) said.push(line);
        if (/ready to accept (?:read-only )?connections/.test(line)) resolve();
      });
      child.once("error", reject);
      child.once("exit", () => reject(new Error(`PostgreSQL ended before it could be used:\n${said.join("\n")}`)));
    });
  }

  async function stopAtOnce(): Promise<void> {
    const child = server;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = new Promise((resolve) => child.once("exit", resolve));
    // "Immediate shutdown": https://www.postgresql.org/docs/current/server-shutdown.html
    child.kill("SIGQUIT");
    await exited;
  }

  async function remove(): Promise<void> {
    await stopAtOnce();
    guard.kill("SIGKILL");
    rmSync(host, { recursive: true, force: true });
  }

  // A server is no child that ends with this process: it would outlive a test that is killed.
  const guard = spawn("sh", ["-c", GUARD, "guard", join(programs, "pg_ctl"), host], {
    ...identity,
    cwd: "/",
    // It outlives signals to the whole group of processes, such as Ctrl+C.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  guard.unref();
  (guard.stdin as Socket).unref();
  initialise();
  await start();
  return {
    host,
    connectionString: `postgres:///postgres?user=rivulet&host=${encodeURIComponent(host)}`,
    stopAtOnce,
    start,
    remove,
    async query<Row extends pg.QueryResultRow>(text: string) {
      const client = await connect(host);
      try {
        return (await client.query<Row>(text)).rows;
      } finally {
        await client.end();
      }
    },
  };
}

/** Returns the folder of the newest version's programs. */
export function findPrograms(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = [
    ...(process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== ""),
    ...versions.map((version) => join(DEBIAN, version, "bin")),
  ];
  return folders.find((folder) => existsSync(join(folder, "postgres")) && existsSync(join(folder, "initdb")));
}
