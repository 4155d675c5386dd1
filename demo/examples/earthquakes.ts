/**
 * A week of the world's earthquakes in an event store: imported once no matter how often this runs, folded per seismic network,
 * saved as a snapshot, and watched live while another process writes to the same file.
 *
 *     node .build/demo/examples/earthquakes.js [database]
 */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { openEventStore, type EventStore, type StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import type { DrillEvent } from "../support/drill-events.ts";
import { showProgress } from "../support/progress.ts";
import { loadReports, networkName, type Quake, type Reported } from "../support/reports.ts";
import { formatTable } from "../support/table.ts";

const BATCH = 100;
const PREFIX = "network-";

interface Network {
  readonly reports: number;
  readonly strongest: Quake | undefined;
}

const NOTHING: Network = { reports: 0, strongest: undefined };

await main(process.argv[2] ?? ".data/earthquakes.db");

async function main(path: string): Promise<void> {
  mkdirSync(dirname(path), { recursive: true });
  await using store = await openEventStore(betterSqlite3({ path }));
  console.log(`rivulet: ${path}, ${count(await store.head(), "event")} so far\n`);
  await importReports(store);
  const largest = await showNetworks(store);
  await showSnapshot(store, largest);
  await watchDrill(store, path);
  const { durability, usage = 0 } = await store.info();
  const size = `${(usage / 1e6).toFixed(1)} MB, durability "${durability}"`;
  console.log(
    `\nThe store holds ${count(await store.head(), "event")} in ${size}. Run it again: nothing is imported twice.`,
  );
}

/** One append for each batch, over many streams: all of its events are stored, or none. */
async function importReports(store: EventStore): Promise<void> {
  const reports = loadReports();
  const progress = showProgress("Importing", reports.length);
  const started = performance.now();
  let known = 0;
  for (let start = 0; start < reports.length; start += BATCH) {
    const batch = reports.slice(start, start + BATCH);
    const results = await store.append(
      batch.map(({ network, event }) => ({ stream: PREFIX + network, events: event })),
    );
    for (const { deduplicated } of results) known += deduplicated;
    progress.update(start + batch.length);
  }
  const added = reports.length - known;
  const time = `${Math.round(performance.now() - started)} ms`;
  console.log(
    added === 0
      ? `Nothing was added: all ${count(known, "report")} were here already, under the same ids (${time}).`
      : `${count(added, "report")} added, ${known.toLocaleString("en")} known before (${time}).`,
  );
}

/** Folds the stream of each network into a row; returns the stream with the most reports. */
async function showNetworks(store: EventStore): Promise<string> {
  const networks: { readonly stream: string; readonly network: Network }[] = [];
  for await (const { name } of store.streams({ prefix: PREFIX })) {
    networks.push({ stream: name, network: await foldFrom(store, name, NOTHING, 0) });
  }
  networks.sort((a, b) => b.network.reports - a.network.reports);
  const rows = networks.map(({ stream, network: { reports, strongest } }) => [
    networkName(stream.slice(PREFIX.length)),
    reports,
    `M ${strongest?.magnitude.toFixed(1)}`,
    strongest?.time.slice(0, 16).replace("T", " ") ?? "",
    strongest?.place ?? "",
  ]);
  console.log(`\n${formatTable(["network", "reports", "strongest", "when (UTC)", "where"], rows)}\n`);
  return networks[0]?.stream ?? `${PREFIX}us`;
}

async function foldFrom(store: EventStore, stream: string, state: Network, after: number): Promise<Network> {
  let folded = state;
  for await (const event of store.stream<Reported>(stream).read({ after })) folded = fold(folded, event);
  return folded;
}

function fold({ reports, strongest }: Network, { data }: StoredEvent<Reported>): Network {
  const stronger = strongest === undefined || data.magnitude > strongest.magnitude;
  return { reports: reports + 1, strongest: stronger ? data : strongest };
}

/** A saved state and the events after it give the same state as all events. */
async function showSnapshot(store: EventStore, stream: string): Promise<void> {
  const handle = store.stream<Reported>(stream);
  const whole = await foldFrom(store, stream, NOTHING, 0);

  const version = Math.floor((await handle.version()) / 2);
  let half = NOTHING;
  for await (const event of handle.read({ upTo: version })) half = fold(half, event);
  await handle.saveSnapshot({ projection: "network", version, state: half });

  const saved = await handle.loadSnapshot<Network>("network");
  if (saved === undefined) throw new Error("the snapshot saved just now is gone");
  const resumed = await foldFrom(store, stream, saved.state, saved.version);
  if (!isDeepStrictEqual(resumed, whole)) throw new Error("the snapshot gives a different state than the events");
  const newer = whole.reports - saved.version;
  console.log(
    `Snapshot of ${stream} at version ${saved.version}, loaded again, plus ${newer} newer events: the same as all ${whole.reports}.`,
  );
}

/** Watches the events of a second process until it is done. */
async function watchDrill(store: EventStore, path: string): Promise<void> {
  const failure = new AbortController();
  const news = store.stream<DrillEvent>("drill").watch({ after: "head", signal: failure.signal });
  const script = fileURLToPath(new URL("../support/drill.js", import.meta.url));
  const other = spawn(process.execPath, [script, path], { stdio: ["ignore", "inherit", "inherit"] });
  const ended = new Promise<void>((resolve) => {
    other.once("error", (error) => (failure.abort(error), resolve()));
    other.once("exit", (code) => {
      if (code !== 0) failure.abort(new Error(`the second process ended with ${code}`));
      resolve();
    });
  });

  console.log(`\nA drill: process ${other.pid} reports made-up aftershocks, this one (${process.pid}) watches.`);
  for await (const event of news) {
    if (event.type === "ended") break;
    const { magnitude, place } = event.data;
    const latency = Date.now() - event.timestamp;
    console.log(`  M ${magnitude.toFixed(1)}, ${place}: here ${latency} ms after it was reported`);
  }
  await ended;
}

function count(number: number, what: string): string {
  return `${number.toLocaleString("en")} ${what}${number === 1 ? "" : "s"}`;
}
