import { Refusal, toCommand } from "../counter/commands.ts";
import { PREFIX } from "../counter/events.ts";
import { isPlain } from "../counter/names.ts";
import type { CounterService, LogFilter, LogQuery, LongCall } from "../counter/service.ts";

/** A method of the service that can be called over HTTP, with its unchecked arguments. */
type Method = (service: CounterService, given: Readonly<Record<string, unknown>>, call: LongCall) => Promise<unknown>;

const MOST_EVENTS = 10_000;
const LONGEST_PAGE = 500;

/** The methods. Everything that comes from outside is checked before it is used. */
export const METHODS: ReadonlyMap<string, Method> = new Map<string, Method>([
  ["run", (service, { command, tab }) => service.run(toCommand(command), text(tab, 40))],
  ["counters-at", (service, { position }) => service.countersAt(whole(position))],
  ["log", (service, { query }) => service.log(toQuery(query))],
  ["log-size", (service, { filter }) => service.logSize(toFilter(filter))],
  ["series", (service, { stream }) => service.series(text(stream))],
  ["rebuild", (service, _, call) => service.rebuild(call)],
  [
    "append-many",
    (service, { stream, count, tab }, call) =>
      service.appendMany(counter(stream), whole(count, MOST_EVENTS), { tab: text(tab, 40) }, call),
  ],
  ["conflict", (service, { stream, tab }) => service.conflict(counter(stream), { tab: text(tab, 40) })],
  ["facts", (service) => service.facts()],
]);

function toQuery(input: unknown): LogQuery {
  const { skip, limit } = (input ?? {}) as Record<string, unknown>;
  return { ...toFilter(input), skip: whole(skip), limit: whole(limit, LONGEST_PAGE) };
}

function toFilter(input: unknown): LogFilter {
  const { stream, type, upTo } = (input ?? {}) as Record<string, unknown>;
  return {
    ...(stream !== undefined && { stream: text(stream) }),
    ...(type !== undefined && { type: text(type) }),
    ...(upTo !== undefined && { upTo: whole(upTo) }),
  };
}

function whole(value: unknown, most = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0 && value <= most) return value;
  throw new Refusal(`A whole number up to ${most} was expected.`);
}

function counter(stream: unknown): string {
  const name = text(stream);
  if (name.startsWith(PREFIX)) return name;
  throw new Refusal("There is no such counter.");
}

function text(value: unknown, longest = 255): string {
  if (typeof value === "string" && value !== "" && value.length <= longest && isPlain(value)) return value;
  throw new Refusal(`A string of at most ${longest} characters, without control characters, was expected.`);
}
