import { formatNumber, measureRow, type Row } from "../row.ts";
import { fill, fillingRows, timeWork, WORKS, type Filling } from "../size-work.ts";
import { openStore, type TabStore } from "./setting.ts";

const EVENTS = 1_000_000;

/** What everything costs with a million events of 100 bytes in the browser, beside a tenth of them. */
export async function benchGrowth(): Promise<Row[]> {
  const against = `a tenth of ${EVENTS} events`;
  const tenth = await fillStore("a tenth", EVENTS / 10);
  const whole = await fillStore("a million", EVENTS);
  const small = await open("a tenth");
  const large = await open("a million");

  const rows = [...fillingRows(against, whole, tenth)];
  const row = (name: string, unit: string, value: number, before: number): void => {
    rows.push(measureRow({ name, against, value, unit, detail: `a tenth: ${formatNumber(before)}` }));
  };
  row("opening and asking for the head", "ms", large.took, small.took);
  for (const [name, work] of Object.entries(WORKS)) {
    const before = await timeWork(work, small.store);
    row(name, work.unit, await timeWork(work, large.store), before);
  }
  await small.store.destroy();
  await large.store.destroy();
  return rows;
}

async function fillStore(name: string, events: number): Promise<Filling> {
  const store = await openStore(name);
  const filling = await fill(store, events);
  await store.close();
  return filling;
}

async function open(name: string): Promise<{ readonly store: TabStore; readonly took: number }> {
  const before = performance.now();
  const store = await openStore(name);
  await store.head();
  return { store, took: performance.now() - before };
}
