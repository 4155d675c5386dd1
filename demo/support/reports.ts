import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Event, NewEvent } from "rivulet";

/** A seismic network's report of one quake. */
export interface Quake {
  readonly magnitude: number;
  readonly place: string;
  /** When the quake happened, as ISO text. The event's timestamp is the time when it was recorded. */
  readonly time: string;
}

export type Reported = Event<"reported", Quake>;

export interface Report {
  readonly network: string;
  readonly event: NewEvent<Reported>;
}

/** The used part of the USGS feed (https://earthquake.usgs.gov/earthquakes/feed/v1.0/geojson.php). */
interface Feed {
  readonly features: readonly {
    readonly id: string;
    readonly properties: { readonly mag: number; readonly place: string; readonly time: number; readonly net: string };
  }[];
}

/** Loads a week of reports, oldest first. Each has the id of the USGS, so no report is stored twice. */
export function loadReports(): Report[] {
  const { features } = JSON.parse(readFileSync(dataFile("earthquakes.json"), "utf8")) as Feed;
  return [...features]
    .sort((a, b) => a.properties.time - b.properties.time)
    .map(({ id, properties: { mag, place, time, net } }) => ({
      network: net,
      event: { type: "reported", id, data: { magnitude: mag, place, time: new Date(time).toISOString() } },
    }));
}

function dataFile(name: string): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve("vega-datasets")), "..", "data", name);
}

const NETWORK_NAMES: Readonly<Record<string, string>> = {
  ak: "Alaska",
  ci: "Southern California",
  hv: "Hawaii",
  mb: "Montana",
  nc: "Northern California",
  nm: "New Madrid",
  nn: "Nevada",
  pr: "Puerto Rico",
  se: "South-Eastern US",
  us: "worldwide (NEIC)",
  uu: "Utah",
  uw: "Pacific North-West",
};

export function networkName(code: string): string {
  return NETWORK_NAMES[code] ?? code;
}
