import { EventStoreError, invalidArgument } from "../../errors.ts";
import { stringify } from "../../events/json.ts";
import { ownerOf, prefixOf, type ModelKey } from "../../storage/read-model-names.ts";
import type {
  ModelBatch,
  ModelOpening,
  ModelOutcome,
  ModelRebuild,
  ModelRetry,
  ModelState,
  ModelStorage,
} from "../../storage/protocol.ts";
import type { PostgresAsk, PostgresDriver, PostgresQuery, PostgresValue } from "../driver.ts";
import { LISTENERS } from "../schema.ts";
import { createParkedTable } from "./parked.ts";
import { createModelQuery } from "./query.ts";
import { createGuard, settings, type Read, type Transaction } from "./sessions.ts";
import { createModelStatements, type PreparedRuns, type WrongRun } from "./statements.ts";
import { createModelSets, outdated, toState, type KnownModel } from "./table-sets.ts";

/** A change of a read model, for news. */
export interface ModelChange {
  readonly model: ModelKey;
  /** Undefined: the tables were removed. */
  readonly generation: number | undefined;
  /** Whether others listen. */
  readonly watched: boolean;
}

/** What read models need of the storage. */
export interface ModelContext {
  readonly driver: PostgresDriver;
  /** Run statements, and run them again if the connection was lost. */
  readonly query: PostgresQuery;
  readonly transaction: Transaction;
  readonly read: Read;
  /** The schema's quoted name, and the oid of the table of events. */
  readonly s: string;
  readonly oid: number;
  readonly busyTimeout: number;
  tell(change: ModelChange): void;
}

/** Read models: their tables and checkpoints. Each call is one transaction, which locks the model's row before it changes anything. */
export function createModelTables(context: ModelContext): ModelStorage {
  const { driver, query: queryOnce, transaction, read, s, oid, busyTimeout, tell } = context;
  const sets = createModelSets(driver, s);
  const parked = createParkedTable(s);
  const allow = createGuard(driver, transaction, s, busyTimeout);
  const statements = createModelStatements(driver, s, allow);
  const returning = `RETURNING checkpoint, built, generation, rebuild, NOT pg_try_advisory_xact_lock(${LISTENERS}, ${oid})`;

  /** Runs work in a transaction with the settings of read models. Events are durable, so their tables can be filled again. */
  function change<T>(work: (query: PostgresQuery, ask: PostgresAsk) => Promise<T>): Promise<T> {
    return transaction(async (query, ask) => {
      await query(`${settings(s, busyTimeout)}; SET LOCAL synchronous_commit = off`);
      return work(query, ask);
    });
  }

  async function open(opening: ModelOpening): Promise<ModelState> {
    // A shared lock waits for another client that is removing the tables.
    const found = await sets.find(queryOnce, opening, "FOR SHARE");
    if (found !== undefined) refuseAhead(opening, found);
    const state = found?.state.built === true ? checkTables(opening, found) : await change(create(opening));
    tell({ model: opening, generation: state.generation, watched: false });
    return state;
  }

  function create(opening: ModelOpening): (query: PostgresQuery, ask: PostgresAsk) => Promise<ModelState> {
    return async (query, ask) => {
      await refuseBesideNewer(query, opening);
      const { name, schema, tables } = opening;
      await sets.create(query, ask, { name, schema, tables });
      return checkTables(opening, await sets.known(query, opening));
    };
  }

  function checkTables({ name, schema, tables }: ModelOpening, known: KnownModel): ModelState {
    if (known.tables === stringify(tables)) return known.state;
    const message = `the tables of "${name}" differ from those stored under schema ${schema}: set schema: ${schema + 1}`;
    throw invalidArgument("schema", message);
  }

  /** Refuses tables that are ahead of the events: they hold data of other events. */
  function refuseAhead({ name, schema }: ModelKey, { state: { checkpoint }, head }: KnownModel): void {
    if (checkpoint <= head) return;
    const message = `the read model "${name}" is at position ${checkpoint}, but the store ends at ${head}: raise its schema ${schema}`;
    throw new EventStoreError("storage-corrupt", message, { position: checkpoint });
  }

  async function refuseBesideNewer(query: PostgresQuery, model: ModelKey): Promise<void> {
    if (!(await sets.hasNewer(query, model))) return;
    throw outdated(`the read model "${model.name}" is not built under schema ${model.schema} beside a newer schema`);
  }

  function rebuild(asked: ModelRebuild): Promise<ModelState> {
    return change(async (query, ask) => {
      await refuseBesideNewer(query, asked);
      const { state, code: begunBy, head } = await sets.known(query, asked, "FOR UPDATE");
      const { name, schema, tables, code } = asked;
      if (state.rebuild !== null && state.rebuild <= head && begunBy === code) return state;
      await sets.createFresh(query, ask, { name, schema, tables }, code);
      return { ...state, rebuild: 0 };
    });
  }

  /** Changes a model's row and tells of it. */
  async function update(
    query: PostgresQuery,
    { name, schema }: ModelKey,
    assignments: string,
    values: readonly PostgresValue[] = [],
  ): Promise<Done> {
    const text = `UPDATE ${s}.models SET ${assignments} WHERE name = $1 AND schema = $2 ${returning}`;
    const [row = []] = await query(text, [name, schema, ...values]);
    return { outcome: "applied", state: toState(row), watched: row[4] === "t" };
  }

  async function apply(batch: ModelBatch): Promise<ModelOutcome> {
    const runs = await statements.prepare(prefixOf(batch, batch.set), batch);
    return announced(batch, await change((query, ask) => write(query, ask, batch, runs)));
  }

  async function write(
    query: PostgresQuery,
    ask: PostgresAsk,
    batch: ModelBatch,
    runs: PreparedRuns,
  ): Promise<Done | ModelOutcome> {
    const { set, from, to, completes, timeout } = batch;
    const known = await sets.known(query, batch, "FOR UPDATE");
    const { state, head } = known;
    if ((set === "used" ? state.checkpoint : state.rebuild) !== from) return { outcome: "moved", state };
    if (to > head) {
      throw invalidArgument("to", `the checkpoint ${to} is ahead of the store, which is at position ${head}`);
    }
    const wrong = await limited(query, ask, runs, timeout);
    if (wrong !== undefined) return { outcome: "failed", ...wrong };
    await parked.add(query, ownerOf(batch, set), batch.parked);
    if (set === "used") {
      return update(query, batch, "checkpoint = $3, built = built OR $4, generation = generation + 1", [to, completes]);
    }
    if (!completes || to < state.checkpoint) return update(query, batch, "rebuild = $3", [to]);
    await sets.takeOver(query, batch, known);
    const done = "checkpoint = $3, built = true, generation = generation + 1, rebuild = NULL, rebuild_code = NULL";
    return update(query, batch, done, [to]);
  }

  /** Runs statements within their time, which the wait for a lock does not count to. */
  async function limited(
    query: PostgresQuery,
    ask: PostgresAsk,
    runs: PreparedRuns,
    timeout: number | undefined,
  ): Promise<WrongRun | undefined> {
    if (timeout !== undefined && runs.numbers.length > 0) await query(`SET LOCAL statement_timeout = ${timeout}`);
    return statements.run(ask, runs, timeout);
  }

  function announced(model: ModelKey, { watched, ...done }: Done | (ModelOutcome & { watched?: never })): ModelOutcome {
    if (done.outcome === "applied") {
      tell({ model, generation: done.state.generation, watched: watched === true });
    }
    return done;
  }

  async function retry(asked: ModelRetry): Promise<ModelOutcome> {
    const { position, failure, timestamp } = asked;
    const owner = ownerOf(asked, "used");
    const outcome = await (failure === undefined ? attempt(asked, owner) : failed({ run: 0, message: failure }));
    if (outcome.outcome === "failed") {
      await change((query) => parked.failAgain(query, owner, { position, message: outcome.message, timestamp }));
    }
    return announced(asked, outcome);
  }

  async function attempt(asked: ModelRetry, owner: string): Promise<Done | ModelOutcome> {
    const runs = await statements.prepare(prefixOf(asked, "used"), asked);
    return change(async (query, ask) => {
      const { state } = await sets.known(query, asked, "FOR UPDATE");
      if (!(await parked.has(query, owner, asked.position))) return { outcome: "moved", state };
      const wrong = await limited(query, ask, runs, asked.timeout);
      if (wrong !== undefined) return failed(wrong);
      await parked.remove(query, owner, asked.position);
      return update(query, asked, "generation = generation + 1");
    });
  }

  return {
    openModel: open,
    modelState: async (model) => (await sets.known(queryOnce, model)).state,
    applyToModel: apply,
    beginRebuild: rebuild,
    async sweepModels(asked) {
      if ((await sets.left(queryOnce, asked)).length === 0) return;
      const dropped = await change(async (query) => {
        const left = await sets.left(query, asked, "FOR UPDATE");
        for (const model of left) await sets.drop(query, model);
        return left;
      });
      for (const model of dropped) tell({ model, generation: undefined, watched: true });
    },
    listParked: async (model) => {
      await sets.known(queryOnce, model);
      return parked.list(queryOnce, ownerOf(model, "used"));
    },
    retryParked: retry,
    queryModels: createModelQuery({
      driver,
      transaction,
      read,
      query: queryOnce,
      s,
      busyTimeout,
      sets,
      statements,
      allow,
    }),
  };
}

/** An outcome, and whether others listen. */
type Done = ModelOutcome & { readonly outcome: "applied"; readonly watched: boolean };

function failed(wrong: WrongRun): ModelOutcome {
  return { outcome: "failed", ...wrong };
}
