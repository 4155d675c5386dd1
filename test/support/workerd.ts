import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { spawnProcess, type Child } from "./child.ts";
import { unpackInto } from "./packed.ts";
import { ROOT } from "./run-node.ts";
import { commandOf } from "./runtimes.ts";

/** The folder of a worker's modules, and the first of them. */
const BUILT = "built";
const ENTRY = "worker.js";

/** A worker of `test/support/workers` with its Durable Objects, in workerd. */
export interface Workerd {
  /** Where the worker listens, such as "http://127.0.0.1:8080". Another one after `start`. */
  readonly origin: string;
  /** The folder of the databases of its objects. */
  readonly disk: string;
  /** What the worker answers, as JSON; rejects where there is no answer. */
  ask(path: string, method?: "GET" | "POST", body?: string): Promise<unknown>;
  /** Ends the process at once, as a crash would; every object is gone from memory. */
  kill(): Promise<void>;
  /** Another process on the same disk. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Builds a worker as an application would be built, and runs it over a disk of its own. `className`: the class of its objects; `source`: its code, where it is that of an application, which has the packed package. */
export async function startWorkerd(worker: string, className: string, source?: string): Promise<Workerd> {
  const root = mkdtempSync(join(tmpdir(), "rivulet-"));
  mkdirSync(join(root, "disk"));
  let entry = join(ROOT, `test/support/workers/${worker}.ts`);
  if (source !== undefined) {
    unpackInto(root);
    writeFileSync((entry = join(root, `${worker}.js`)), source);
  }
  await bundle(entry, root, source === undefined ? "vite.config.ts" : undefined);
  writeFileSync(join(root, "config.capnp"), configOf(className, readdirSync(join(root, BUILT))));
  let child: Child | undefined;
  let origin = "";

  async function start(): Promise<void> {
    const [program, ...args] = commandOf("workerd");
    child = spawnProcess(program, [...args, "serve", "config.capnp", "--control-fd=1"], root);
    const { port } = JSON.parse(await child.line('{"event":"listen"')) as { port: number };
    origin = `http://127.0.0.1:${port}`;
  }

  async function kill(): Promise<void> {
    child?.kill();
    await child?.ended;
  }

  await start();
  return {
    get origin() {
      return origin;
    },
    disk: join(root, "disk"),
    async ask(path, method = "GET", body) {
      const answer = await fetch(origin + path, { method, ...(body !== undefined && { body }) });
      if (answer.ok) return answer.json();
      throw new Error(`${answer.status} ${await answer.text()}`);
    },
    kill,
    start,
    async close() {
      await kill();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** `config`: for its aliases, by which the package is found by its own name, built. */
async function bundle(entry: string, folder: string, config?: string): Promise<void> {
  await build({
    root: config === undefined ? folder : ROOT,
    configFile: config === undefined ? false : join(ROOT, config),
    logLevel: "error",
    build: {
      lib: { entry, formats: ["es"], fileName: () => ENTRY },
      outDir: join(folder, BUILT),
      emptyOutDir: false,
      target: "es2022",
      minify: false,
      rolldownOptions: { external: [/^cloudflare:/] },
    },
  });
}

const moduleOf = (file: string): string => `(name = "${file}", esModule = embed "${BUILT}/${file}")`;

/** `files`: the worker's module, and parts of the code that are loaded on first use. */
const configOf = (className: string, files: readonly string[]): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main), (name = "disk", disk = (path = "disk", writable = true))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [${[ENTRY, ...files.filter((file) => file !== ENTRY)].map(moduleOf).join(", ")}],
  compatibilityDate = "2026-04-01",
  durableObjectNamespaces = [(className = "${className}", uniqueKey = "stores", enableSql = true)],
  durableObjectStorage = (localDisk = "disk"),
  bindings = [(name = "STORES", durableObjectNamespace = "${className}")],
);
`;
