import { stringify } from "../../events/json.ts";
import { EventStoreError, invalidArgument } from "../../errors.ts";
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
import type { Synchronous } from "../../storage/synchronous.ts";
import type { SqliteDriver } from "../driver.ts";
import { preparingLater } from "../prepare-later.ts";
import { createOverlaidQuery } from "./overlays.ts";
import { createModelQuery } from "./query.ts";
import { createManyRowsMode } from "./many-rows.ts";
import { createModelSets, outdated } from "./table-sets.ts";
import { createModelStatements, WrongRun, type ModelStatements } from "./statements.ts";
import { createParkedTable } from "./parked.ts";
import { withinTime } from "./time-limit.ts";

/** Read models: their tables and checkpoints. Synchronous; each call is one transaction. */
export interface ModelTables {
  readonly verbs: Synchronous<ModelStorage>;
  /** The generation of each read model, for news. */
  generations(): Readonly<Record<string, number>>;
}

/** `copies`: queries with overlays change copies of the tables. */
export function createModelTables(driver: SqliteDriver, copies: boolean): ModelTables {
  const later = preparingLater(driver);
  const selectHead = later.prepare("SELECT max(position) FROM events");
  const parked = createParkedTable(later);
  const sets = createModelSets(later, parked);
  const statements = createModelStatements(driver);
  const manyRows = createManyRowsMode(driver);

  function open(opening: ModelOpening): ModelState {
    const found = sets.find(opening);
    if (found !== undefined) refuseAhead(opening, found.checkpoint);
    if (found?.built === true) {
      refuseOtherTables(opening, found.tables);
      return sets.state(opening);
    }
    return driver.transaction("write", () => {
      const { name, schema, tables, now } = opening;
      refuseBesideNewer(opening, now);
      const known = sets.find(opening);
      if (known === undefined) sets.create({ name, schema, tables });
      else refuseOtherTables(opening, known.tables);
      return sets.state(opening);
    });
  }

  function refuseOtherTables({ name, schema, tables }: ModelOpening, known: string): void {
    if (known === stringify(tables)) return;
    const message = `the tables of "${name}" differ from those stored under schema ${schema}: set schema: ${schema + 1}`;
    throw invalidArgument("schema", message);
  }

  function refuseBesideNewer(model: ModelKey, now: number): void {
    if (!sets.hasNewer(model, now)) return;
    throw outdated(`the read model "${model.name}" is not built under schema ${model.schema} beside a newer schema`);
  }

  function rebuild(asked: ModelRebuild): ModelState {
    return driver.transaction("write", () => {
      refuseBesideNewer(asked, asked.now);
      const { rebuild: begun } = sets.state(asked);
      const { name, schema, tables, code } = asked;
      if (begun === null || begun > readHead() || sets.find(asked)?.code !== code)
        sets.createFresh({ name, schema, tables }, code);
      return sets.state(asked);
    });
  }

  /** Returns `moved` if the tables are not at the position from which the batch starts. */
  function findMoved(batch: ModelBatch): ModelOutcome | undefined {
    const state = sets.state(batch);
    const position = batch.set === "used" ? state.checkpoint : state.rebuild;
    return position === batch.from ? undefined : { outcome: "moved", state };
  }

  function apply(batch: ModelBatch): ModelOutcome {
    // Checked without the write lock first: of all clients, only one is the first to write.
    return findMoved(batch) ?? applyTogether(batch) ?? orFailed(() => applyWith(statements.run, batch));
  }

  /** Returns undefined if a statement failed: one by one, they tell which. */
  function applyTogether(batch: ModelBatch): ModelOutcome | undefined {
    if (!manyRows.suits(batch.runs.length)) return undefined;
    const outcome = orFailed(() => manyRows.run(() => applyWith(statements.runTogether, batch)));
    return outcome.outcome === "failed" ? undefined : outcome;
  }

  function applyWith(run: ModelStatements["run"], batch: ModelBatch): ModelOutcome {
    return driver.transaction("write", () => findMoved(batch) ?? write(run, batch));
  }

  function write(run: ModelStatements["run"], batch: ModelBatch): ModelOutcome {
    const { set, to, completes } = batch;
    refuseBeyondHead(to);
    withinTime(driver, batch.timeout, () => run(prefixOf(batch, set), batch));
    parked.add(ownerOf(batch, set), batch.parked);
    sets.move(batch, set, to, completes);
    if (set === "fresh" && completes && to >= sets.state(batch).checkpoint) sets.takeOver(batch);
    return { outcome: "applied", state: sets.state(batch) };
  }

  /** Refuses tables that are ahead of the events: they hold data of other events. */
  function refuseAhead({ name, schema }: ModelKey, checkpoint: number): void {
    const head = readHead();
    if (checkpoint <= head) return;
    const message = `the read model "${name}" is at position ${checkpoint}, but the store ends at ${head}: raise its schema ${schema}`;
    throw new EventStoreError("storage-corrupt", message, { position: checkpoint });
  }

  function readHead(): number {
    return (selectHead.get()?.[0] as number | null) ?? 0;
  }

  function refuseBeyondHead(to: number): void {
    const head = readHead();
    if (to > head)
      throw invalidArgument("to", `the checkpoint ${to} is ahead of the store, which is at position ${head}`);
  }

  /** Turns the error of a statement into an outcome. */
  function orFailed(work: () => ModelOutcome): ModelOutcome {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof WrongRun)) throw error;
      return { outcome: "failed", run: error.run, message: error.message };
    }
  }

  function retry(asked: ModelRetry): ModelOutcome {
    const { position, failure, timestamp } = asked;
    const owner = ownerOf(asked, "used");
    const attempt = (): ModelOutcome => {
      if (!parked.has(owner, position)) return { outcome: "moved", state: sets.state(asked) };
      withinTime(driver, asked.timeout, () => statements.run(prefixOf(asked, "used"), asked));
      parked.remove(owner, position);
      sets.touch(asked);
      return { outcome: "applied", state: sets.state(asked) };
    };
    const outcome: ModelOutcome =
      failure === undefined
        ? orFailed(() => driver.transaction("write", attempt))
        : { outcome: "failed", run: 0, message: failure };
    if (outcome.outcome === "failed") {
      driver.transaction("write", () => parked.failAgain(owner, { position, message: outcome.message, timestamp }));
    }
    return outcome;
  }

  return {
    verbs: {
      openModel: open,
      modelState: sets.state,
      applyToModel: apply,
      beginRebuild: rebuild,
      sweepModels(asked) {
        if (sets.left(asked).length === 0) return;
        driver.transaction("write", () => sets.left(asked).forEach(sets.drop));
      },
      listParked: (model) => parked.list(ownerOf(model, "used")),
      retryParked: retry,
      queryModels: createModelQuery(driver, sets.state, createOverlaidQuery(driver, statements, sets.state, copies)),
    },
    generations: sets.generations,
  };
}
