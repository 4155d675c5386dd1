import { once } from "node:events";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describe } from "../../src/adapter.ts";
import { createHub, type HubDecider } from "../../src/sync/hub/index.ts";
import { CommandLineError, EXIT, usageError, type Call, type Command, type Values } from "./command.ts";
import { openExisting, openOrMake } from "./database.ts";
import { createListener } from "./listener.ts";
import { portOf } from "./port.ts";
import { withoutPasswords } from "./postgres.ts";

/** The addresses of this machine that no other machine reaches. */
const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost"]);

export const serveCommand: Command = {
  name: "serve",
  takes: "<database> [options]",
  summary: "Serves a database as a hub, to try replicas with.",
  explanation:
    "Replicas follow its streams, append to them, and have commands executed by the deciders of a module, until the command is\n" +
    "ended by Ctrl-C. It listens on this machine only, unless --host and a token are given. Whoever has the token may do\n" +
    "everything: an application serves its hub by createHub of rivulet/sync/hub, with rules of its own.",
  options: {
    port: { type: "string", short: "p", value: "<number>", help: "the port; default 8787, 0 for any that is free" },
    host: { type: "string", value: "<address>", help: "the address to listen on; default 127.0.0.1" },
    token: { type: "string", value: "<text>", help: "what clients send as a bearer token; better as RIVULET_TOKEN" },
    deciders: { type: "string", value: "<module>", help: "a JavaScript module that exports deciders" },
    origin: { type: "string", multiple: true, value: "<origin>", help: "a site whose pages may use it; repeatable" },
    create: { type: "boolean", help: "makes the database if it is not there" },
  },
  least: 1,
  most: 1,
  async run({ args, values, output, signal, say }: Call) {
    const path = args[0] as string;
    const { host, port, token, origins } = optionsOf(values);
    const deciders = values["deciders"] === undefined ? {} : await loadDeciders(values["deciders"] as string);
    const store = await (values["create"] === true ? openOrMake(path, "full") : openExisting(path));
    const hub = createHub(store, {
      authenticate: ({ headers }) =>
        token === undefined || headers.get("authorization") === `Bearer ${token}` ? "client" : undefined,
      mayAppend: () => true,
      deciders,
      origins,
      limits: { pulls: 1_000, requests: 10_000, entriesPerSecond: 100_000 },
    });
    const server = createListener(hub.fetch, LOOPBACK.has(host));
    try {
      server.listen(port, host);
      await once(server, "listening", { signal });
      const { port: taken } = server.address() as { readonly port: number };
      const url = `http://${host.includes(":") ? `[${host}]` : host}:${taken}`;
      await output.write(`${withoutPasswords(path)} is served at ${url}\n`);
      await output.write(`${hintFor(url, token !== undefined, Object.keys(deciders))}\n`);
      await output.flush();
      server.on("error", (error) => say(error.message));
      if (!signal.aborted) await once(signal, "abort");
      throw signal.reason;
    } finally {
      await hub.close();
      server.close();
      server.closeAllConnections();
      await store.close();
    }
  },
};

function optionsOf(values: Values): { host: string; port: number; token: string | undefined; origins: string[] } {
  const { host = "127.0.0.1", token = process.env["RIVULET_TOKEN"] } = values as {
    readonly [Name in "host" | "token"]?: string;
  };
  const port = portOf(values, "8787");
  if (token === "") throw usageError("the token is empty");
  if (!LOOPBACK.has(host) && token === undefined)
    throw usageError(`--host ${host}: other machines may reach this address, so set RIVULET_TOKEN`);
  return { host, port, token, origins: (values["origin"] as string[] | undefined) ?? [] };
}

function hintFor(url: string, hasToken: boolean, deciders: readonly string[]): string {
  const headers = hasToken ? ", headers: () => ({ authorization: `Bearer ${token}` })" : "";
  const served = deciders.length === 0 ? "none: give a module as --deciders" : deciders.join(", ");
  return `follow it: await follow(store, { url: ${JSON.stringify(url)}${headers}, streams: ["…"] })\ndeciders: ${served}`;
}

/** The deciders that a module exports, by their own names. */
async function loadDeciders(module: string): Promise<Readonly<Record<string, HubDecider>>> {
  let loaded: object;
  try {
    loaded = (await import(pathToFileURL(resolve(module)).href)) as object;
  } catch (error) {
    throw new CommandLineError(EXIT.failed, `${module} cannot be loaded: ${describe(error)}`, error);
  }
  const found = Object.values(loaded).flatMap((value) => {
    const { decider = value, command } = Object(value) as Partial<HubDecider>;
    return isDecider(decider) ? [[decider.name, { decider, command }] as const] : [];
  });
  if (found.length > 0) return Object.fromEntries(found);
  throw new CommandLineError(EXIT.failed, `${module} exports no decider: export the result of defineDecider`);
}

function isDecider(value: unknown): value is HubDecider["decider"] & { readonly name: string } {
  const { name, _rivulet: internals } = Object(value) as {
    readonly name?: unknown;
    readonly _rivulet?: { readonly execute?: unknown };
  };
  return typeof name === "string" && typeof internals?.execute === "function";
}
