/** Appends a few thousand times, and ends at once. Argument: how. */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";

const NOTED = { type: "noted", data: { text: "something" } };
const [how = ""] = process.argv.slice(2);
const store = await openEventStore(betterSqlite3());
const stream = store.stream("one");

switch (how) {
  case "one by one":
    for (let count = 0; count < 5_000; count++) await stream.append(NOTED);
    break;
  case "one by one, each with a version":
    for (let count = 0; count < 5_000; count++) await stream.append(NOTED, { expectedVersion: count });
    break;
  case "at once":
    for (let round = 0; round < 100; round++) {
      await Promise.all(Array.from({ length: 100 }, () => stream.append(NOTED)));
    }
    break;
  case "to several streams":
    for (let count = 0; count < 5_000; count++) {
      await store.append([
        { stream: "one", events: [NOTED, NOTED] },
        { stream: `other-${count}`, events: NOTED },
      ]);
    }
    break;
  default:
    throw new Error(`there are no such appends: ${how}`);
}
// Closing would run what appends do not.
process.exit();
