/** Watch: one loop that first gives the history and then, without gaps or duplicates, live events. */
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
    // Normally another part of the program, or another process, would append these.
    void sensor.append([21.7, 25.3].map((celsius) => ({ type: "measured", data: { celsius } })));
  },
});

for await (const { version, data } of readings) {
  console.log(`${live ? "live" : "history"}: ${version}, ${data.celsius} °C`);
  // Leaving the loop ends the watch and releases its resources.
  if (data.celsius > 25) break;
}
console.log("too warm: stopped watching");
