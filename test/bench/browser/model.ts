import { flightModel, importFlights } from "../../support/flight-model.ts";
import type { Flight } from "../../support/flights.ts";
import { compare } from "../harness.ts";
import { comparisonRow, type Row } from "../row.ts";
import { openStore, startBench } from "./setting.ts";

/** A read model of real flights, built from the start, again and again. */
export async function benchModel(): Promise<Row[]> {
  const flights = (await (await fetch("/flights.json")).json()) as Flight[];
  const bench = startBench();
  await bench.call("open", "model");
  await bench.call("openModel", flights);
  const store = await openStore("model");
  await importFlights(store, flights);
  const { definition, everything } = flightModel(1);
  const model = await store.readModel(definition);
  await model.caughtUp();

  const built = await compare(
    `a read model over ${flights.length.toLocaleString("en")} flights, from the tab`,
    {
      async run() {
        await model.rebuild();
        return flights.length;
      },
    },
    { prepare: () => bench.call("resetModel"), run: () => bench.call("buildModel") },
    { against: "the same statements by hand in the worker, raw oo1, row by row", goal: 1 },
  );
  const same = JSON.stringify(await model.query(everything)) === JSON.stringify(await bench.call("modelRows"));
  if (!same) throw new Error("both sides should have made the same of the flights");
  await store.close();
  bench.terminate();
  return [comparisonRow(built)];
}
