import { messageOf, openPostgresStorage, type Adapter, type PostgresDriver } from "../../src/adapter.ts";
import { CommandLineError, EXIT, usageError } from "./command.ts";

/** How long to wait for other writers, or a server that cannot be reached, in milliseconds. */
const BUSY_TIMEOUT = 10_000;

/** Whether an address is one of PostgreSQL, and not the path of a file. */
export function isPostgres(address: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(address);
}

/** Opens a store by the address of its database, with the schema as a parameter: postgres://user@host/database?schema=rivulet. */
export function postgresAt(
  address: string,
  durability: "full" | "normal",
  changes: { readonly creates: boolean; readonly upgrades?: boolean },
): Adapter {
  return {
    name: "postgres",
    async open() {
      const { driver, schema } = await driverFor(address);
      const options = { schema, durability, busyTimeout: BUSY_TIMEOUT, ...changes };
      return { storage: await openPostgresStorage(driver, options), verbs: {} };
    },
  };
}

/** Loads pg, and makes a driver, which has not connected yet. */
export async function driverFor(
  address: string,
): Promise<{ readonly driver: PostgresDriver; readonly schema: string }> {
  const { connectionString, schema } = parse(address);
  const { openDriver } = await import("../postgres/pg-driver.ts").catch((error: unknown) => {
    throw new CommandLineError(EXIT.failed, `pg cannot be loaded: npm install pg: ${messageOf(error)}`, error);
  });
  return { driver: openDriver({ connectionString, busyTimeout: BUSY_TIMEOUT }), schema };
}

function parse(address: string): { readonly connectionString: string; readonly schema: string } {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw usageError(
      "the address must be postgres://user@host:port/database, with special characters of a password as %XX",
    );
  }
  const schema = url.searchParams.get("schema") ?? "rivulet";
  url.searchParams.delete("schema");
  return { connectionString: url.href, schema };
}

/** Replaces passwords of addresses, wherever they are in a text. */
export function withoutPasswords(text: string): string {
  return text.replace(/(\b[a-z]+:\/\/[^\s:/@]*:)[^\s/@]*@/gi, "$1***@").replace(/(\bpassword=)[^\s&]*/gi, "$1***");
}
