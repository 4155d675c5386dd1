/** Consumes with a checkpoint in the store: "handled POSITION TOKEN" for each event, "done N" when it has caught up. Argument: the file. */
import { openEventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineConsumer } from "rivulet/consumers";

const [path = "", worker = ""] = process.argv.slice(2);

const store = await openEventStore(betterSqlite3({ path, worker: worker === "true" }));
const consumer = store.consume(
  defineConsumer({
    name: "said",
    batchSize: 10,
    lease: 200,
    // Done once the pipe has it: while that is full, what is written waits in this process, and dies with it.
    handler: ({ position }, { token }) =>
      new Promise<void>((resolve) => void process.stdout.write(`handled ${position} ${token}\n`, () => resolve())),
  }),
);
console.log(`done ${await consumer.caughtUp()}`);
await consumer.ended;
