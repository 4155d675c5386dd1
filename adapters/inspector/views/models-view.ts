import type { ReadModel } from "../../../src/index.ts";
import type { InspectedReadModel, InspectedTable } from "../../../src/inspection/index.ts";
import { badge, button, facts, fill, h, problem, refill, section } from "../parts/dom.ts";
import { createLatest } from "../parts/latest.ts";
import { count, many } from "../parts/text.ts";
import type { View, ViewContext } from "../view.ts";
import { parkedList } from "./parked-list.ts";
import { rowsTable } from "./rows-table.ts";

const MOST_ROWS = 200;

/** The tables of read models with their rows, SQL, parked events, and rebuilds. */
export function createModelsView(context: ViewContext): View {
  const { inspection } = context;
  const listing = createLatest();
  const reading = createLatest();
  const asking = createLatest();
  const parking = createLatest();
  const trouble = h("div", { class: "trouble" });
  const names = h("div", { class: "side", role: "group", "aria-label": "Read models" });
  const about = h("div", {});
  const actions = h("div", { class: "actions" });
  const tables = h("div", { class: "choices", role: "group", "aria-label": "Tables" });
  const rows = h("div", {});
  const parked = h("div", {});
  const progress = h("progress", { max: 1, value: 0, hidden: true, "aria-label": "Rebuild" });
  const statement = h("textarea", { rows: 3, spellcheck: "false", "aria-label": "SQL", onkeydown: runOnEnter });
  const answer = h("div", { "aria-live": "polite" });
  const body = h(
    "div",
    { class: "result" },
    about,
    actions,
    progress,
    parked,
    section("Rows", tables, rows),
    section(
      "SQL",
      h("p", { class: "quiet" }, "One SELECT over the tables of all read models. Ctrl+Enter runs it."),
      statement,
      h("div", { class: "actions" }, button("Run", run, { class: "primary" })),
      answer,
    ),
  );
  const empty = h("p", { class: "empty", hidden: true }, "There are no read models in this store.");
  const element = h("div", { class: "models view-body" }, trouble, empty, h("div", { class: "columns" }, names, body));
  let models: readonly InspectedReadModel[] = [];
  let chosen: string | undefined;
  let chosenTable: string | undefined;

  const keyOf = ({ name, schema }: Pick<InspectedReadModel, "name" | "schema">): string => `${name}.${schema}`;
  const current = (): InspectedReadModel | undefined => models.find((model) => keyOf(model) === chosen) ?? models[0];
  const handleOf = (model: InspectedReadModel): ReadModel | undefined =>
    context.readModels.find((each) => keyOf(each) === keyOf(model));
  const tell = (error: unknown): void => fill(trouble, problem(error));

  function load(): void {
    listing.run(
      () => inspection.readModels(),
      (found) => {
        models = found;
        empty.hidden = found.length > 0;
        element.classList.toggle("nothing", found.length === 0);
        fill(trouble);
        draw();
      },
      tell,
    );
  }

  function draw(): void {
    const model = current();
    refill(names, ...models.map((each) => nameButton(each, each === model)));
    if (model === undefined) return;
    const table = model.tables.find(({ name }) => name === chosenTable) ?? model.tables[0];
    const handle = handleOf(model);
    refill(about, describeModel(model, handle));
    refill(
      actions,
      handle !== undefined && !context.readOnly && button("Rebuild", () => void rebuild(handle)),
      handle === undefined && h("p", { class: "quiet" }, "Its handle was not given, so it can only be read."),
    );
    refill(
      tables,
      ...model.tables.map((each) =>
        button(
          each.name,
          () => {
            chosenTable = each.name;
            draw();
          },
          { "aria-pressed": each === table ? "true" : "false" },
        ),
      ),
    );
    if (table !== undefined) readRows(model, table);
    readParked(model, handle);
  }

  function nameButton(model: InspectedReadModel, pressed: boolean): HTMLElement {
    const lag = lagOf(model, handleOf(model));
    const text = lag === 0 ? "up to date" : `${count(lag)} behind`;
    return h(
      "button",
      {
        type: "button",
        class: "side-button",
        "aria-pressed": pressed ? "true" : "false",
        onclick: () => {
          chosen = keyOf(model);
          chosenTable = undefined;
          fill(rows);
          draw();
        },
      },
      h("strong", {}, model.name),
      h("span", { class: "quiet" }, `schema ${model.schema} · ${text}`),
    );
  }

  function readRows(model: InspectedReadModel, { name, columns }: InspectedTable): void {
    if (statement.value === "") statement.value = `SELECT * FROM ${name} LIMIT 10`;
    reading.run(
      () => inspection.query(`SELECT * FROM "${name}"`, { prefer: keyOf(model), limit: MOST_ROWS }),
      (found) => refill(rows, h("code", { class: "columns-text" }, columns), rowsTable(found, `Rows of ${name}`)),
      (error) => fill(rows, problem(error)),
    );
  }

  function readParked(model: InspectedReadModel, handle: ReadModel | undefined): void {
    parking.run(
      () => inspection.parked({ readModel: model.name, schema: model.schema }),
      (found) =>
        refill(
          parked,
          found.length > 0 &&
            section(
              `Parked: ${many(found.length, "event")}`,
              parkedList(found, context),
              handle !== undefined &&
                !context.readOnly &&
                h(
                  "div",
                  { class: "actions" },
                  button("Retry all", () => void handle.retryParked().then(load, tell)),
                ),
            ),
        ),
      (error) => fill(parked, problem(error)),
    );
  }

  async function rebuild(handle: ReadModel): Promise<void> {
    progress.hidden = false;
    try {
      await handle.rebuild({
        onProgress({ done, total }) {
          progress.max = Math.max(1, total);
          progress.value = done;
        },
      });
      load();
    } catch (error) {
      tell(error);
    } finally {
      progress.hidden = true;
    }
  }

  function run(): void {
    const model = current();
    fill(answer, h("p", { class: "quiet" }, "…"));
    asking.run(
      () => inspection.query(statement.value, model === undefined ? {} : { prefer: keyOf(model) }),
      (found) => fill(answer, rowsTable(found, "Rows of the query")),
      (error) => fill(answer, problem(error)),
    );
  }

  function runOnEnter(event: KeyboardEvent): void {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    event.preventDefault();
    run();
  }

  return {
    element,
    refresh: load,
    close: () => [listing, reading, asking, parking].forEach(({ drop }) => drop()),
  };
}

function describeModel(model: InspectedReadModel, handle: ReadModel | undefined): HTMLElement {
  return h(
    "div",
    {},
    h("h2", {}, model.name, " ", badge(`schema ${model.schema}`)),
    facts([
      ["Position", count(model.position)],
      ["Behind", many(lagOf(model, handle), "event")],
      ["Tables", model.built ? "in use" : "being filled for the first time"],
      ["Rebuild", model.rebuild !== undefined && `at ${count(model.rebuild)}`],
      ["Open in", many(model.clients, "client")],
    ]),
    handle?.error !== undefined && problem(handle.error),
  );
}

/** The tables' checkpoint moves only when they change: a handle knows of events that concern them not. */
function lagOf({ position, lag }: InspectedReadModel, handle: ReadModel | undefined): number {
  return Math.max(0, position + lag - Math.max(position, handle?.position ?? 0));
}
