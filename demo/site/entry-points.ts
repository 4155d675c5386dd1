/** What an import path is for. */
interface Purpose {
  readonly about: string;
  /** The pages of `docs` that explain it: title and file. */
  readonly guides?: readonly (readonly [title: string, file: string])[];
}

const READ_MODELS = ["A read model", "read-models.md"] as const;
const IN_NODE = ["In Node", "node.md"] as const;
const SYNC = ["Sync", "sync.md"] as const;
const DURABLE_OBJECTS = ["In a Durable Object", "durable-objects.md"] as const;
const OTHER_FRAMEWORKS = ["Vue, Svelte and Solid", "vue-svelte-solid.md"] as const;
const TESTING = ["Test it", "testing.md"] as const;

/** What each import path is for. */
export const ENTRY_POINTS: Readonly<Record<string, Purpose>> = {
  rivulet: {
    about: "the store, its streams, and its errors",
    guides: [
      ["Append", "append.md"],
      ["Read", "read.md"],
      ["Watch", "watch.md"],
      ["The store itself", "store.md"],
      ["Errors", "errors.md"],
    ],
  },
  "rivulet/adapter": { about: "for those who write adapters" },
  "rivulet/better-sqlite3": { about: "SQLite in Node, through better-sqlite3", guides: [IN_NODE] },
  "rivulet/consumers": {
    about: "handlers that get every event, with a checkpoint",
    guides: [["Feed other systems", "consumers.md"]],
  },
  "rivulet/copy": {
    about: "a store in another database",
    guides: [["Move to PostgreSQL", "move-to-postgresql.md"]],
  },
  "rivulet/deciders": { about: "commands that are decided on a state", guides: [["Commands", "commands.md"]] },
  "rivulet/drizzle": { about: "statements that are built with Drizzle", guides: [READ_MODELS] },
  "rivulet/durable-objects": { about: "SQLite in a Durable Object", guides: [DURABLE_OBJECTS] },
  "rivulet/events": {
    about: "definitions, schemas and upcasters",
    guides: [["Upgrade events", "upgrade-events.md"]],
  },
  "rivulet/inspection": { about: "what a store holds, for tools", guides: [["Inspector", "inspector.md"]] },
  "rivulet/inspector": { about: "the element that shows what a store holds", guides: [["Inspector", "inspector.md"]] },
  "rivulet/kysely": { about: "statements that are built with Kysely", guides: [READ_MODELS] },
  "rivulet/ndjson": { about: "events as lines of JSON", guides: [["Export and import", "export.md"]] },
  "rivulet/node": { about: "SQLite in Node, with whichever engine is installed", guides: [IN_NODE] },
  "rivulet/node-sqlite": { about: "SQLite in Node, Bun and Deno, through node:sqlite", guides: [IN_NODE] },
  "rivulet/opentelemetry": {
    about: "spans and measurements of a store",
    guides: [["Traces and metrics", "traces.md"]],
  },
  "rivulet/pglite": { about: "PostgreSQL inside the process, for tests", guides: [TESTING] },
  "rivulet/postgres": { about: "PostgreSQL, through pg", guides: [["In PostgreSQL", "postgresql.md"]] },
  "rivulet/projections": {
    about: "states that are folded from events",
    guides: [["Projections", "projections.md"]],
  },
  "rivulet/react": { about: "hooks for React", guides: [["React", "react.md"]] },
  "rivulet/solid": { about: "signals for Solid", guides: [OTHER_FRAMEWORKS] },
  "rivulet/svelte": { about: "runes and stores for Svelte", guides: [OTHER_FRAMEWORKS] },
  "rivulet/vue": { about: "composables for Vue", guides: [OTHER_FRAMEWORKS] },
  "rivulet/read-models": { about: "SQL tables that are filled from events", guides: [READ_MODELS] },
  "rivulet/sqlite-wasm": { about: "SQLite in browsers", guides: [["In the browser", "browser.md"]] },
  "rivulet/sync": { about: "replicas of a hub", guides: [SYNC, ["An offline list", "offline-list.md"]] },
  "rivulet/sync/hub": { about: "the hub of replicas", guides: [SYNC, DURABLE_OBJECTS] },
  "rivulet/testing": { about: "tests of applications and adapters", guides: [TESTING] },
  "rivulet/time-travel": { about: "copies of a store as it was", guides: [["Time travel", "time-travel.md"]] },
};
