/** The widest text that is put on one line. */
const ONE_LINE = 76;

const DEEPEST = 4;

/** Returns values as a console shows them: texts as they are, everything else much as Node prints it. */
export function inspectAll(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === "string" ? value : inspect(value, 0))).join(" ");
}

function inspect(value: unknown, depth: number): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "symbol") return String(value);
  if (typeof value === "function") return `[Function: ${value.name || "anonymous"}]`;
  if (typeof value !== "object" || value === null) return Object.is(value, -0) ? "-0" : String(value);
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return `Uint8Array(${value.length})`;
  if (depth > DEEPEST) return Array.isArray(value) ? "[Array]" : "[Object]";
  if (Array.isArray(value))
    return enclosed(
      "[",
      value.map((item) => inspect(item, depth + 1)),
      "]",
      depth,
    );
  if (value instanceof Set)
    return `Set(${value.size}) ${enclosed(
      "{",
      [...value].map((item) => inspect(item, depth + 1)),
      "}",
      depth,
    )}`;
  if (value instanceof Map) {
    const entries = [...value].map(([key, item]) => `${inspect(key, depth + 1)} => ${inspect(item, depth + 1)}`);
    return `Map(${value.size}) ${enclosed("{", entries, "}", depth)}`;
  }
  const fields = Object.entries(value).map(([key, item]) => `${keyOf(key)}: ${inspect(item, depth + 1)}`);
  return enclosed("{", fields, "}", depth);
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
