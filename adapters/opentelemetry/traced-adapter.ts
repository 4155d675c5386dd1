import { SpanKind } from "@opentelemetry/api";
import {
  checkVerb,
  wrapVerbs,
  type Adapter,
  type AppendRequest,
  type EventStorage,
  type ModelBatch,
  type ModelQuery,
  type ModelRows,
} from "../../src/adapter.ts";
import { telemetryOf, type Telemetry, type TelemetryOptions } from "./telemetry.ts";

/**
 * Returns an adapter that also traces and measures what the store writes by itself: each transaction of appends that were gathered,
 * each batch of a read model, and each time that a query runs, also a live one.
 *
 * @throws `invalid-argument` for wrong arguments.
 * @example
 * ```ts
 * const measured = await openEventStore(tracedAdapter(betterSqlite3()));
 * await measured.stream("account-1").append({ type: "deposited", data: { amount: 100 } });
 * console.log(await measured.head()); // → 1
 * await measured.close();
 * ```
 */
export function tracedAdapter<Verbs>(adapter: Adapter<Verbs>, options: TelemetryOptions = {}): Adapter<Verbs> {
  checkVerb(adapter, "open", "adapter", "an adapter: betterSqlite3({ path })");
  const telemetry = telemetryOf(options);
  return {
    name: adapter.name,
    async open() {
      const opened = await adapter.open();
      return { ...opened, storage: tracedStorage(opened.storage, telemetry) };
    },
  };
}

function tracedStorage(storage: EventStorage, { inSpan, meter }: Telemetry): EventStorage {
  const requests = meter.createHistogram("rivulet.commit.requests", {
    unit: "{request}",
    description: "Appends that were committed together.",
  });
  const positions = meter.createHistogram("rivulet.read_model.batch.positions", {
    unit: "{event}",
    description: "Positions by which a batch has moved a read model.",
  });
  const common = { "db.system.name": "rivulet" };
  return wrapVerbs(storage, (verb, name) => {
    if (name === "append") {
      return (argument) => {
        const { length } = argument as readonly AppendRequest[];
        requests.record(length);
        const attributes = { ...common, "db.operation.name": "commit", "db.operation.batch.size": length };
        return inSpan("commit", { kind: SpanKind.INTERNAL, attributes, root: true }, () => settled(verb(argument)));
      };
    }
    if (name === "applyToModel") {
      return (argument) => {
        const { name: model, from, to, runs, set } = argument as ModelBatch;
        const attributes = {
          ...common,
          "db.operation.name": "apply",
          "db.operation.batch.size": runs.length,
          "rivulet.read_model": model,
          "rivulet.read_model.from": from,
          "rivulet.read_model.to": to,
          "rivulet.read_model.rebuild": set === "fresh",
        };
        positions.record(to - from, { "rivulet.read_model": model });
        return inSpan(`apply ${model}`, { kind: SpanKind.INTERNAL, attributes, root: true }, () =>
          settled(verb(argument)),
        );
      };
    }
    if (name === "queryModels") {
      return (...call) => {
        const { models } = call[0] as ModelQuery;
        const names = models.map((model) => model.name).join(", ");
        const attributes = { ...common, "db.operation.name": "select", "rivulet.read_model": names };
        return inSpan(`select ${names}`, { kind: SpanKind.INTERNAL, attributes, root: true }, async (span) => {
          const answer = (await verb(...call)) as ModelRows;
          span.setAttribute("db.response.returned_rows", answer.rows.length);
          return answer;
        });
      };
    }
    return verb;
  });
}

async function settled(result: unknown): Promise<unknown> {
  return result;
}
