/** Watch: one loop that gives the history first and then, without gap or duplicate, what is appended live. */
import { openEventStore, type Event } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";

type SensorEvent = Event<"measured", { celsius: number }>;

await using store = await openEventStore(betterSqlite3());
const sensor = store.stream<SensorEvent>("sensor-1");
await sensor.append([20.1, 20.4, 20.9].map((celsius) => ({ type: "measured", data: { celsius } })));

let live = false;

const readings = sensor.watch({
  onCaughtUp() {
    live = true;
    console.log("caught up: from here on it is live");
    // Somebody else would do this, in another part of the program or in another process.
    void sensor.append([21.7, 25.3].map((celsius) => ({ type: "measured", data: { celsius } })));
  },
});

for await (const { version, data } of readings) {
  console.log(`${live ? "live" : "history"}: ${version}, ${data.celsius} °C`);
  // Leaving the loop ends the watch and releases all that it held.
  if (data.celsius > 25) break;
}
console.log("too warm: stopped watching");
