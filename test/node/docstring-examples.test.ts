/**
 * Compiles and runs the examples in docstrings, which have to print the text after their arrows. Each follows a
 * prelude, or is a complete program if it opens a store. Examples for browsers, React, Durable Objects, PostgreSQL and
 * node:sqlite, which this Node may lack, are only compiled.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { codeBlocks, sourceFiles, type CodeBlock } from "../support/code-blocks.ts";
import { compileExamples, moduleName } from "../support/compiled-examples.ts";
import { ROOT, runNode } from "../support/run-node.ts";

const FOLDER = ".build/docstrings";

/** The prelude of most examples: the accounts of a bank. */
const PRELUDE = `
import { EventStoreError, isEventStoreError, matches, memory, openEventStore } from "rivulet";
import type { Event, EventStore, NewEvent, OpenOptions, ReadModel, StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";
import { copyStore } from "rivulet/copy";
import { defineDecider } from "rivulet/deciders";
import { gt } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { drizzle } from "drizzle-orm/sqlite-proxy";
import { buildOnly, drizzleTables } from "rivulet/drizzle";
import { defineEvents } from "rivulet/events";
import { inspectStore } from "rivulet/inspection";
import { kyselyFor, statementOf } from "rivulet/kysely";
import { traced, tracedAdapter, tracedConsumer, tracedFetch, tracedHub } from "rivulet/opentelemetry";
import { ndjson, ndjsonLine, parseStrictJson } from "rivulet/ndjson";
import { defineProjection, lastKnown } from "rivulet/projections";
import { createStoreContext, useCommand, useLiveQuery, useProjection, useReplicaStatus, useSuspenseLiveQuery, useSuspenseProjection } from "rivulet/react";
import { defineReadModel, identifier, joinSql, sql, table } from "rivulet/read-models";
import { sqliteWasm } from "rivulet/sqlite-wasm";
import { follow, type Replica } from "rivulet/sync";
import { createHub } from "rivulet/sync/hub";
import { checkDecider, checkOffline, checkProjection, checkRebuild, checkUpcasts, conformanceCases, createTestHub, fixedClock, sequentialIds } from "rivulet/testing";
import { fork } from "rivulet/time-travel";
import {
  checkChoice, checkIndexedMetadata, checkOptions, checkVerb, connectRemoteStorage, createRemoteStorage, createStorageServer, describe, fromFailure, invalidArgument, isLarge, joinStatement, mayBeEndless,
  messageOf, mustBe, openPostgresStorage, openSqliteStorage, queryTimeout, renewLineage, serveOverRpc, serveOverSockets, shareStorage, splitStatement, storeClosed, storeOverRpc, storeOverSocket, toFailure, toStoreError, transactionsOf, verifyDatabase, verifyPostgres, withEventLimit, wrapVerbs,
} from "rivulet/adapter";
import type { Adapter, EventStorage, PostgresDriver, SqliteDriver } from "rivulet/adapter";
import { createChannel } from "../test/support/channel.js";
import { fileAdapter } from "../test/support/sqlite-driver.js";
type AccountEvent = Event<"deposited", { amount: number }> | Event<"withdrawn", { amount: number }>;
const store = await openEventStore(betterSqlite3());
const account = store.stream<AccountEvent>("account-1");
const balance = defineProjection<number, AccountEvent>({
  name: "balance",
  initial: () => 0,
  on: {
    deposited: (sum, { data }) => sum + data.amount,
    withdrawn: (sum, { data }) => sum - data.amount,
  },
});
const withdrawal = defineDecider<number, { withdraw: number }, AccountEvent>({
  initial: () => 0,
  evolve: (sum, { type, data }) => (type === "deposited" ? sum + data.amount : sum - data.amount),
  decide({ withdraw }, sum) {
    if (withdraw > sum) throw new Error("insufficient funds");
    return { type: "withdrawn", data: { amount: withdraw } };
  },
});
const accounts = table("accounts", "name TEXT PRIMARY KEY, balance REAL NOT NULL");
const bank = defineReadModel<AccountEvent>({
  name: "bank",
  tables: [accounts],
  on: {
    deposited: ({ stream, data }) =>
      sql\`INSERT INTO \${accounts} VALUES (\${stream}, \${data.amount}) ON CONFLICT DO UPDATE SET balance = balance + \${data.amount}\`,
  },
});
const test = (_name: string, _run: () => Promise<void>): void => undefined;
const audit = defineConsumer<AccountEvent>({ name: "audit", handler: () => undefined });
`;

/** The additional prelude of examples for adapters. */
const FOR_ADAPTERS = `
const file = await openEventStore(fileAdapter({ path: "bank.db" }));
const { driver } = file;
const channel = createChannel();
const { server: port1, client: port2 } = channel;
`;

/** The additional prelude of examples for replicas and hubs. */
const FOR_REPLICAS = `
const central = await openEventStore(betterSqlite3());
const hub = createHub(central, { authenticate: () => "ada", mayAppend: () => true, deciders: { withdrawal } });
const fetchHub = (url: string, init: object) => hub.fetch(new Request(url, init));
const replica = await follow(store, { url: "https://example.org/sync", fetch: fetchHub, streams: ["account-1"], deciders: { withdrawal } });
`;

/** The prelude of examples for Durable Objects. */
const FOR_OBJECTS = `
import { openEventStore, type StoredEvent } from "rivulet";
import {
  durableObject, remoteDurableObject, serveDurableObject, serveWebSockets, webSocketStore, type MessageReceiver, type StoreObject,
  type DurableObjectSocket, type StoreSockets, type WebSocketContext,
} from "rivulet/durable-objects";
declare const sockets: StoreSockets;
declare class DurableObject { protected readonly ctx: WebSocketContext; }
`;

/** What takes the place of React's hooks in the prelude of examples for another framework. */
const FRAMEWORKS: Readonly<Record<string, string>> = {
  solid: `import { createSignal } from "solid-js";
import { createCommand, createLiveQuery, createProjection, createReplicaStatus } from "rivulet/solid";`,
  svelte: `import { createCommand, createLiveQuery, createProjection, createReplicaStatus } from "rivulet/svelte";`,
  vue: `import { computed, shallowRef } from "vue";
import { useCommand, useLiveQuery, useProjection, useReplicaStatus } from "rivulet/vue";`,
};

const COMPILED_ONLY =
  /^(?:adapters\/(?:durable-objects|inspector|node-sqlite|pglite|postgres|react|sqlite-wasm)|src\/postgres)\//;

/** Runs modules one after the other, each in its own folder, and prints the output of each as JSON. */
const RUNNER = `
import { mkdirSync } from "node:fs";
import { format } from "node:util";
// The parts of a replica's code are there, so that an example is not slower than its hub, which confirms what the example shows as pending.
import { queries, speaking, verbs } from ${JSON.stringify(pathToFileURL(join(ROOT, "dist/src/sync/replica/parts.js")).href)};
await Promise.all([queries(), speaking(), verbs()]);
const [folder, ...modules] = process.argv.slice(2);
const printed = {};
for (const name of modules) {
  const lines = (printed[name] = []);
  console.log = (...values) => lines.push(...format(...values).split("\\n"));
  mkdirSync(\`\${folder}/\${name}\`);
  process.chdir(\`\${folder}/\${name}\`);
  await import(\`./\${name}.js\`).catch((error) => lines.push(format(error)));
}
process.stdout.write(JSON.stringify(printed));
`;

const documents = [...sourceFiles(ROOT, "src"), ...sourceFiles(ROOT, "adapters")];
const blocks = documents.flatMap((document) => codeBlocks(ROOT, document));
const run = blocks.filter(({ name }) => !COMPILED_ONLY.test(name));
let printed: Readonly<Record<string, readonly string[]>> = {};

beforeAll(async () => {
  const compilerOptions = { lib: ["es2022", "esnext.disposable", "dom"], jsx: "react-jsx" };
  await compileExamples(blocks, { folder: FOLDER, toModule, compilerOptions, extension: "tsx" });
  writeFileSync(join(ROOT, FOLDER, "run.mjs"), RUNNER);
  const script = join(ROOT, FOLDER, "run.mjs");
  printed = JSON.parse(await runNode(script, [join(ROOT, FOLDER), ...run.map(moduleName)])) as typeof printed;
});

test.each(run.map((block) => [block.name, block] as const))("%s prints what its comments say", (_name, block) => {
  expect(printed[moduleName(block)]).toEqual(block.prints);
});

/** In its own block, so that an example may redefine names of the prelude. */
function toModule({ name, code }: CodeBlock): string {
  if (name.startsWith("adapters/durable-objects/")) return FOR_OBJECTS + code;
  if (code.includes("import ")) return code;
  const forAdapters = /\b(driver|port\d)\b/.test(code);
  const forReplicas = /\b(?:replica|hub)\.|\(hub\)|fetchHub/.test(code);
  const tools = (forAdapters ? FOR_ADAPTERS : "") + (forReplicas ? FOR_REPLICAS : "");
  const ends = [
    "await store.close();",
    forAdapters ? "await file.close();\nchannel.close();" : "",
    forReplicas ? "await central.close();" : "",
  ];
  const end = `${ends.join("\n")}\n`;
  const [, framework = ""] = /^adapters\/(\w+)\//.exec(name) ?? [];
  const prelude = PRELUDE.replace(/^import .* from "rivulet\/react";$/m, (hooks) => FRAMEWORKS[framework] ?? hooks);
  return `${prelude}${tools}{\n${code}\n}\n${end}`;
}
