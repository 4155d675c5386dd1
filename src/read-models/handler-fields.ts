import { EVENT_FIELDS } from "../storage/event-page.ts";
import type { EventField } from "../storage/protocol.ts";

/** An arrow function whose only parameter is taken apart, without default values, computed names and a rest. */
const TAKES_APART = /^\(\s*\{([\w$\s,:{}]*)\}\s*\)\s*=>/;

/** An arrow function with one parameter. */
const TAKES_ONE = /^(?:\(\s*([A-Za-z_$][\w$]*)\s*\)|([A-Za-z_$][\w$]*))\s*=>/;

const ALWAYS_READ: ReadonlySet<string> = new Set(["position", "type", "data"]);
const OTHERS: ReadonlySet<string> = new Set(EVENT_FIELDS);

/**
 * Returns the fields that handlers look at beside position, type and data, so that the others need not be read. Undefined unless their
 * source texts prove it: only arrow functions are looked at, because others also get at the event through `arguments`.
 */
export function fieldsUsedBy(handlers: readonly ((event: never) => unknown)[]): readonly EventField[] | undefined {
  const found = new Set<EventField>();
  for (const handler of handlers) {
    for (const name of namesIn(Function.prototype.toString.call(handler))) {
      if (OTHERS.has(name)) found.add(name as EventField);
      else if (!ALWAYS_READ.has(name)) return undefined;
    }
  }
  return [...found].sort();
}

/** The properties of the parameter that a function's text has; an empty text among them where it may use it otherwise. */
function namesIn(text: string): readonly string[] {
  const pattern = TAKES_APART.exec(text)?.[1];
  if (pattern !== undefined) return keysOf(pattern);
  const head = TAKES_ONE.exec(text);
  const event = head?.[1] ?? head?.[2];
  if (head === null || event === undefined || /\beval\b|\\/.test(text)) return [""];
  return propertiesOf(event, text.slice(head[0].length));
}

/** The keys of a pattern, without those of the patterns in it. */
function keysOf(pattern: string): string[] {
  let flat = pattern;
  while (flat.includes("{")) {
    const inner = flat.replaceAll(/\{[^{}]*\}/g, "_");
    if (inner === flat) return [""];
    flat = inner;
  }
  const keys = flat.split(",").map((one) => (one.split(":")[0] as string).trim());
  // A comma may follow the last one.
  return keys.at(-1) === "" ? keys.slice(0, -1) : keys;
}

/** What follows the dot after each mention of a variable; an empty text where nothing does. */
function propertiesOf(variable: string, body: string): string[] {
  const chains = [...body.matchAll(/[\w$]+(?:\.[\w$]+)*/g)].map(([chain]) => chain.split("."));
  return chains.filter(([name]) => name === variable).map(([, property = ""]) => property);
}
