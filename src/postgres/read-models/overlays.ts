import { invalidArgument } from "../../errors.ts";
import { monotonicNow } from "../../platform.ts";
import { queryTimeout } from "../../storage/query-timeout.ts";
import { prefixOf, type ModelKey } from "../../storage/read-model-names.ts";
import type { FailedOverlay, ModelOverlay } from "../../storage/protocol.ts";
import type { PostgresAsk, PostgresQuery } from "../driver.ts";
import type { ModelStatements, PreparedRuns } from "./statements.ts";

/** Overlays whose statements are typed and checked. */
export interface PreparedOverlays {
  /**
   * Runs the statements in the open transaction, which the caller rolls back. Resolves with the events that were left out.
   *
   * @throws `query-timeout`.
   */
  run(
    query: PostgresQuery,
    ask: PostgresAsk,
    checkpoints: readonly number[],
    timeout: number | undefined,
  ): Promise<readonly FailedOverlay[]>;
}

/** An event of an overlay, and its statements as part of all. */
interface OverlaidEvent {
  readonly index: number;
  readonly position: number;
  readonly first: number;
  readonly end: number;
}

/** The events of an overlay that can be run, and those whose statements are not allowed. */
interface Prepared {
  readonly runs: PreparedRuns;
  readonly events: readonly OverlaidEvent[];
  readonly wrong: readonly (Omit<FailedOverlay, "overlay"> & { readonly position: number })[];
}

/** Types and checks the statements of overlays, before the transaction that runs them. */
export async function prepareOverlays(
  statements: ModelStatements,
  models: readonly ModelKey[],
  overlays: readonly ModelOverlay[],
): Promise<PreparedOverlays> {
  if (overlays.length !== models.length) throw invalidArgument("overlays", "a query has one overlay for each model");
  const prepared: Prepared[] = [];
  for (const [index, overlay] of overlays.entries())
    prepared.push(await prepareOne(statements, prefixOf(models[index] as ModelKey, "used"), overlay));

  return {
    async run(query, ask, checkpoints, timeout) {
      const deadline = timeout === undefined ? Infinity : monotonicNow() + timeout;
      const failures: FailedOverlay[] = [];
      /** Runs events; all of them or none. Resolves with the error of the first that is wrong. */
      const attempt = async (
        { runs }: Prepared,
        events: readonly OverlaidEvent[],
      ): ReturnType<ModelStatements["run"]> => {
        const left = Math.ceil(deadline - monotonicNow());
        if (left <= 0) throw queryTimeout(timeout as number);
        if (timeout !== undefined) await query(`SET LOCAL statement_timeout = ${left}`);
        return statements.run(ask, partOf(runs, events), timeout);
      };

      for (const [overlay, one] of prepared.entries()) {
        const isMissing = ({ position }: { readonly position: number }): boolean =>
          position > (checkpoints[overlay] as number);
        for (const { event, message } of one.wrong.filter(isMissing)) failures.push({ overlay, event, message });
        let rest = one.events.filter(isMissing);
        for (;;) {
          const wrong = rest.length === 0 ? undefined : await attempt(one, rest);
          if (wrong === undefined) break;
          const failed = eventOf(rest, wrong.run);
          failures.push({ overlay, event: (rest[failed] as OverlaidEvent).index, message: wrong.message });
          // Those before it, so that they do not run again for every later one that fails.
          if (failed > 0) await attempt(one, rest.slice(0, failed));
          rest = rest.slice(failed + 1);
        }
      }
      return failures;
    },
  };
}

async function prepareOne(
  statements: ModelStatements,
  prefix: string,
  { texts, runs, events: given }: ModelOverlay,
): Promise<Prepared> {
  const wrong: Prepared["wrong"][number][] = [];
  let end = 0;
  const all = given.map(([position, count], index) => {
    const first = end;
    end += count;
    return { index, position, runs: runs.slice(first, end) };
  });
  for (;;) {
    const allowed = all.filter(({ index }) => !wrong.some(({ event }) => event === index));
    let next = 0;
    const events = allowed.map(({ index, position, runs: { length } }) => {
      const first = next;
      next += length;
      return { index, position, first, end: next };
    });
    const prepared = await statements.prepare(prefix, { texts, runs: allowed.flatMap((one) => one.runs) });
    if (prepared.wrong === undefined) return { runs: prepared, events, wrong };
    const { index, position } = events.find((one) => one.end > (prepared.wrong?.run ?? 0)) as OverlaidEvent;
    wrong.push({ event: index, position, message: prepared.wrong.message });
  }
}

/** Returns the statements of some events. */
function partOf({ texts, numbers, parameters }: PreparedRuns, events: readonly OverlaidEvent[]): PreparedRuns {
  return {
    texts,
    numbers: events.flatMap(({ first, end }) => numbers.slice(first, end)),
    parameters: events.flatMap(({ first, end }) => parameters.slice(first, end)),
  };
}

/** Returns the index of the event that a run belongs to, counted among the runs of these events. */
function eventOf(events: readonly OverlaidEvent[], run: number): number {
  let end = 0;
  return events.findIndex((one) => (end += one.end - one.first) > run);
}
