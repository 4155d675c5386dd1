import type { Documented, EntryPoint, Exported } from "./read-reference.ts";

/** A page that is made as Markdown, not read. */
export interface MadePage {
  readonly file: string;
  readonly title: string;
  readonly about: string;
  readonly markdown: string;
}

/** What each import path is for. */
const ABOUT: Readonly<Record<string, string>> = {
  rivulet: "the store, its streams, and its errors",
  "rivulet/adapter": "for those who write adapters",
  "rivulet/better-sqlite3": "SQLite in Node, through better-sqlite3",
  "rivulet/consumers": "handlers that get every event, with a checkpoint",
  "rivulet/copy": "a store in another database",
  "rivulet/deciders": "commands that are decided on a state",
  "rivulet/drizzle": "statements that are built with Drizzle",
  "rivulet/durable-objects": "SQLite in a Durable Object",
  "rivulet/events": "definitions, schemas and upcasters",
  "rivulet/inspection": "what a store holds, for tools",
  "rivulet/inspector": "the element that shows it",
  "rivulet/kysely": "statements that are built with Kysely",
  "rivulet/ndjson": "events as lines of JSON",
  "rivulet/node": "SQLite in Node, whichever is there",
  "rivulet/node-sqlite": "SQLite in Node, Bun and Deno, through node:sqlite",
  "rivulet/opentelemetry": "spans and measurements of a store",
  "rivulet/pglite": "PostgreSQL inside the process, for tests",
  "rivulet/postgres": "PostgreSQL, through pg",
  "rivulet/projections": "states that are folded from events",
  "rivulet/react": "hooks",
  "rivulet/solid": "signals for Solid",
  "rivulet/svelte": "runes and stores for Svelte",
  "rivulet/vue": "composables for Vue",
  "rivulet/read-models": "SQL tables that are filled from events",
  "rivulet/sqlite-wasm": "SQLite in browsers",
  "rivulet/sync": "replicas of a hub",
  "rivulet/sync/hub": "the hub of replicas",
  "rivulet/testing": "tests of applications and adapters",
  "rivulet/time-travel": "copies of a store as it was",
};

/** The name of the page of an import path. */
function referenceFile(path: string): string {
  return `api-${path.replaceAll("/", "-")}.html`;
}

/** A page for each import path, made of the docstrings. */
export function referencePages(entries: readonly EntryPoint[]): readonly MadePage[] {
  const ordered = [...entries].sort(
    (one, other) => Number(one.path === "rivulet/adapter") - Number(other.path === "rivulet/adapter"),
  );
  return ordered.map((entry) => ({
    file: referenceFile(entry.path),
    title: entry.path,
    about: ABOUT[entry.path] ?? "",
    markdown: pageOf(entry),
  }));
}

function pageOf({ path, exports }: EntryPoint): string {
  const about = ABOUT[path];
  const calls = exports.filter(({ kind }) => kind !== "type" && kind !== "interface");
  const types = exports.filter(({ kind }) => kind === "type" || kind === "interface");
  return [
    `# ${path}`,
    about === undefined
      ? ""
      : `${about[0]?.toUpperCase()}${about.slice(1)}. From the docstrings, as editors show them.`,
    ...calls.flatMap(partOf),
    ...types.flatMap(partOf),
  ].join("\n\n");
}

function partOf(item: Exported): readonly string[] {
  return [
    `## ${item.name}`,
    ...textOf(item, item.kind === "interface" || item.kind === "class"),
    ...item.members.flatMap(memberOf),
  ];
}

function memberOf(member: Documented): readonly string[] {
  return [`### ${member.name}`, ...textOf(member, false)];
}

function textOf({ signature, docs, throws, examples }: Documented, isHead: boolean): readonly string[] {
  return [
    isHead && !/<| extends /.test(signature) ? "" : `\`\`\`typescript\n${signature}\n\`\`\``,
    docs,
    ...throws.map((text) => `**Errors:** ${text}`),
    ...examples.map((code) => `\`\`\`typescript\n${code}\n\`\`\``),
  ].filter((part) => part !== "");
}
