import { memory, type Adapter } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { test } from "vitest";
import { playProjectionStories } from "../support/projection-stories.ts";
import { overChannel } from "../support/remote-adapter.ts";

const adapters: readonly (readonly [string, () => Adapter, number])[] = [
  ["in memory", memory, 60],
  ["in SQLite", betterSqlite3, 60],
  ["over a message channel", () => overChannel(memory()), 30],
];

test.each(adapters)(
  "whatever was appended, loaded and saved %s, a state from a snapshot equals the state folded from the start",
  (_where, adapter, stories) => playProjectionStories(adapter, stories),
);
