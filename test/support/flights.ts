import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

/** One of 200,000 US flights: minutes late, miles, and the hour of day as a fraction. */
export interface Flight {
  readonly delay: number;
  readonly distance: number;
  readonly time: number;
}

/** One of 20,000 US flights that tell from where to where. */
export interface RoutedFlight {
  readonly date: string;
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

export function loadFlights(): Flight[] {
  return JSON.parse(readData("flights-200k.json")) as Flight[];
}

export function loadRoutedFlights(): RoutedFlight[] {
  return JSON.parse(readData("flights-20k.json")) as RoutedFlight[];
}

function readData(name: string): string {
  const require = createRequire(import.meta.url);
  return readFileSync(join(dirname(require.resolve("vega-datasets")), "..", "data", name), "utf8");
}
