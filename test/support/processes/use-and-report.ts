/**
 * Opens the file, looks at all of it, appends five events, lets a projection and a read model take them, and prints what was found
 * as JSON: the events before and after, the version of the snapshot that was there, the state, the rows. Argument: the file.
 */
import { openEventStore, type Event } from "rivulet";
import { defineProjection } from "rivulet/projections";
import { defineReadModel, sql, table } from "rivulet/read-models";
import { givenEngine } from "../given-engine.ts";

type Noted = Event<"noted", { text: string; number: number }>;

const DATA: readonly Noted["data"][] = [
  { text: "plain", number: 1 },
  { text: "ünïcödé 🌊", number: 2 ** 53 - 1 },
  { text: "a\0b", number: -0.5 },
  { text: '"quoted"', number: 6.02e-23 },
  { text: "", number: 0 },
];

const lengths = defineProjection<number, Noted>({
  name: "lengths",
  initial: () => 0,
  on: { noted: (sum, { data }) => sum + data.text.length },
  snapshots: { every: 1 },
});
const notes = table("notes", "position INTEGER PRIMARY KEY, text TEXT NOT NULL, number ANY NOT NULL");
const byPosition = defineReadModel<Noted>({
  name: "notes",
  tables: [notes],
  on: { noted: ({ position, data }) => sql`INSERT INTO ${notes} VALUES (${position}, ${data.text}, ${data.number})` },
});

const [path = ""] = process.argv.slice(2);
const adapter = await givenEngine();
const store = await openEventStore(adapter({ path }));
const stream = store.stream<Noted>("notes");
const before = await store.read().toArray();
const snapshot = await stream.loadSnapshot("lengths");
const { position } = await stream.append(
  // One id that is kept as text; the others are UUIDs, which are kept as bytes.
  DATA.map((data, index) =>
    index === 0 ? { type: "noted", data, id: `note at ${before.length}` } : { type: "noted", data },
  ),
);
const { state, version } = await stream.load(lengths);
const model = await store.readModel(byPosition);
await model.caughtUp(position);
const rows = await model.query(sql`SELECT position, text, number, typeof(number) AS type FROM ${notes} ORDER BY 1`);
const after = await store.read().toArray();
await store.close();

console.log(JSON.stringify({ before, snapshot: snapshot?.version, state, version, rows, after }));
