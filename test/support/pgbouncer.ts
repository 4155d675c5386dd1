import { spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { IDENTITY, type Postgres } from "./postgres-server.ts";

/** Ends with the process that started it, however that ends, and leaves nothing. */
const RUN = `"$1" "$2/pgbouncer.ini" & child=$!; cat; kill "$child"; wait "$child"; rm -rf "$2"`;

/** Whether its tests may be skipped because PgBouncer is not installed. In CI they fail instead. */
export function hasNoPgbouncer(): boolean {
  return process.env["CI"] === undefined && findPgbouncer() === undefined;
}

/** Starts PgBouncer, in transaction mode, before a server for the running test. Returns the connection string of what is behind it. */
export async function startPgbouncer(server: Postgres, connections: number): Promise<string> {
  const program = findPgbouncer();
  if (program === undefined) throw new Error("no PgBouncer was found: install the package pgbouncer");
  const folder = mkdtempSync(join(tmpdir(), "rivulet-pgbouncer-"));
  writeFileSync(
    join(folder, "pgbouncer.ini"),
    `[databases]
postgres = host=${server.host}
[pgbouncer]
unix_socket_dir = ${folder}
listen_port = 6432
auth_type = trust
auth_file = ${join(folder, "users.txt")}
pool_mode = transaction
default_pool_size = ${connections}
max_client_conn = 200
`,
  );
  writeFileSync(join(folder, "users.txt"), '"rivulet" ""\n');
  if (IDENTITY.uid !== undefined) chownSync(folder, IDENTITY.uid, IDENTITY.gid as number);
  chmodSync(folder, 0o755);
  const child = spawn("sh", ["-c", RUN, "pgbouncer", program, folder], {
    ...IDENTITY,
    cwd: "/",
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.stdin.end();
    await ended;
  });
  await expect.poll(() => accepts(join(folder, ".s.PGSQL.6432")), { interval: 5 }).toBe(true);
  return `postgres:///postgres?user=rivulet&port=6432&host=${encodeURIComponent(folder)}`;
}

/** Whether a server listens: its socket is there a moment before. */
function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

function findPgbouncer(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"];
  return folders.map((folder) => join(folder, "pgbouncer")).find((path) => existsSync(path));
}
