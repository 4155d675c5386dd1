import { EventStoreError } from "../errors.ts";
import { isCount, isTime, LARGEST } from "../storage/plausible.ts";
import type { SqliteDriver } from "./driver.ts";
import { hasLineage } from "./lineage.ts";
import { atOneMoment } from "./migrations.ts";

/** Rows of `meta` that hold a count. */
const COUNTS: ReadonlySet<unknown> = new Set(["largest_event", "last_lease", "last_entry", "replica_generation"]);

/** A problem with a value that later writes depend on. */
export interface ValueProblem {
  readonly where: string;
  readonly what: string;
  /** The event's position, if it is an event. */
  readonly position?: number;
}

/**
 * Refuses a database with an impossible value that appends would build on. Takes a few look-ups, however large the database is;
 * other damage is found when it is read, or by `verifyDatabase`.
 *
 * @throws `storage-corrupt`.
 */
export function refuseImpossibleValues(driver: SqliteDriver): void {
  const [first] = atOneMoment(driver, () => [...findHeadProblems(driver), ...findMetaProblems(driver)]);
  if (first === undefined) return;
  const { where, what, position } = first;
  const details = position === undefined ? {} : { position };
  throw new EventStoreError("storage-corrupt", `${where}: ${what}: restore the database from a copy`, details);
}

/** Checks the newest event and the one before it. */
function findHeadProblems(driver: SqliteDriver): ValueProblem[] {
  const [lowest, head] = driver
    .prepare("SELECT (SELECT min(position) FROM events), (SELECT max(position) FROM events)")
    .get() as [number | null, number | null];
  if (lowest === null || head === null) return [];
  const at = (position: number, what: string): ValueProblem[] => [{ where: `position ${position}`, what, position }];
  if (lowest < 1) return at(lowest, "positions begin at 1");
  if (!isCount(head)) return at(head, `positions end before ${LARGEST}`);
  const [stream, version, timestamp] = driver
    .prepare("SELECT stream, version, timestamp FROM events WHERE position = ?")
    .get(head) as [number, number, number];
  const before = driver.prepare("SELECT timestamp FROM events WHERE position = ?").get(head - 1);
  if (head > 1 && before === undefined) return at(head - 1, "missing");
  if (!isTime(timestamp)) return at(head, `its timestamp ${timestamp} is invalid`);
  if (before !== undefined && (before[0] as number) > timestamp)
    return at(head, `its timestamp ${timestamp} is less than that of the event before it`);
  const known = driver.prepare("SELECT max(version) FROM events WHERE stream = ? AND version < ?").get(stream, version);
  const previous = (known?.[0] as number | null) ?? 0;
  if (version !== previous + 1)
    return at(head, `it has version ${version} of its stream, where ${previous + 1} comes next`);
  return [];
}

/** Checks the values of the table `meta`. */
export function findMetaProblems(driver: SqliteDriver): ValueProblem[] {
  const problems: ValueProblem[] = driver
    .prepare("SELECT key, value FROM meta")
    .all()
    .filter(([key, value]) => COUNTS.has(key) && !isCount(value))
    .map(([key, value]) => ({ where: `meta, ${String(key)}`, what: `${String(value)} is not a valid count` }));
  if (!hasLineage(driver)) problems.push({ where: "meta, lineage", what: "missing" });
  return problems;
}
