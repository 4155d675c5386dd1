/** Imports so many events from lines made on the way, exports them again, and tells what came out. */
import { createHash } from "node:crypto";
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { ndjson } from "rivulet/ndjson";

const [path, events] = [process.argv[2] as string, Number(process.argv[3])];
const made = createHash("sha256");
const exported = createHash("sha256");

/** A thousand lines a piece. */
function* lines(): Generator<string> {
  const versions = [0, 0, 0];
  for (let position = 1; position <= events;) {
    const piece: string[] = [];
    for (; piece.length < 1_000 && position <= events; position++) {
      const stream = position % versions.length;
      const version = ((versions[stream] as number) += 1);
      const event = { position, stream: `stream-${stream}`, version, id: `event-${position}`, type: "counted" };
      piece.push(`${JSON.stringify({ ...event, data: { n: position }, schemaVersion: 1, timestamp: position })}\n`);
    }
    const text = piece.join("");
    made.update(text);
    yield text;
  }
}

const store = await openEventStore(betterSqlite3({ path, durability: "normal" }));
const { imported } = await store.importEvents(ndjson, lines());
for await (const text of store.exportEvents(ndjson)) exported.update(text);
await store.close();
console.log(JSON.stringify({ imported, same: made.digest("hex") === exported.digest("hex") }));
