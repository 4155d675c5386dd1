/** The widest text that is put on one line. */
const ONE_LINE = 76;

const DEEPEST = 4;

/** How many items of a list are shown. */
const MOST_ITEMS = 100;

/**
 * Returns values as a console shows them: texts as they are, everything else much as Node prints it. Never throws, even if
 * a value does when it is read.
 */
export function inspectAll(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === "string" ? value : inspect(() => value, 0))).join(" ");
}

/** Returns a message about what was thrown, which may be anything. */
export function messageOf(thrown: unknown): string {
  try {
    if (!(thrown instanceof Error)) return inspectAll([thrown]);
    const { code } = thrown as Error & { readonly code?: string };
    return `${code ?? thrown.name}: ${thrown.message}`;
  } catch {
    return UNREADABLE;
  }
}

const UNREADABLE = "[it throws when it is read]";

function inspect(read: () => unknown, depth: number): string {
  try {
    return inspectValue(read(), depth);
  } catch {
    return UNREADABLE;
  }
}

function inspectValue(value: unknown, depth: number): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol") return String(value);
  if (typeof value === "function") return `[Function: ${value.name || "anonymous"}]`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Uint8Array) return `Uint8Array(${value.length})`;
  if (depth > DEEPEST) return Array.isArray(value) ? "[Array]" : "[Object]";
  const inner = depth + 1;
  if (Array.isArray(value)) {
    const items = value.slice(0, MOST_ITEMS).map((item) => inspect(() => item, inner));
    return enclosed("[", [...items, ...more(value.length)], "]", depth);
  }
  if (value instanceof Set) {
    const items = [...first(value)].map((item) => inspect(() => item, inner));
    return `Set(${value.size}) ${enclosed("{", [...items, ...more(value.size)], "}", depth)}`;
  }
  if (value instanceof Map) {
    const entries = [...first(value)].map(
      ([key, item]) => `${inspect(() => key, inner)} => ${inspect(() => item, inner)}`,
    );
    return `Map(${value.size}) ${enclosed("{", [...entries, ...more(value.size)], "}", depth)}`;
  }
  const keys = Object.keys(value);
  const fields = keys
    .slice(0, MOST_ITEMS)
    .map((key) => `${keyOf(key)}: ${inspect(() => (value as Readonly<Record<string, unknown>>)[key], inner)}`);
  return enclosed("{", [...fields, ...more(keys.length)], "}", depth);
}

/** The first items of a collection, which may be large. */
function* first<Item>(items: Iterable<Item>): Generator<Item> {
  let count = 0;
  for (const item of items) {
    if (count++ === MOST_ITEMS) return;
    yield item;
  }
}

/** What is said about the items that are not shown. */
function more(count: number): readonly string[] {
  return count > MOST_ITEMS ? [`… ${count - MOST_ITEMS} more`] : [];
}

function enclosed(open: string, items: readonly string[], close: string, depth: number): string {
  if (items.length === 0) return open + close;
  const line = `${open} ${items.join(", ")} ${close}`;
  if (line.length <= ONE_LINE && !line.includes("\n")) return line;
  const margin = "  ".repeat(depth + 1);
  return `${open}\n${items.map((item) => margin + item).join(",\n")}\n${"  ".repeat(depth)}${close}`;
}

function quoted(text: string): string {
  const mark = !text.includes("'") ? "'" : !text.includes('"') ? '"' : "`";
  return mark + text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n") + mark;
}

function keyOf(key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key);
}
