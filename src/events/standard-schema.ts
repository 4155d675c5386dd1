import { describe } from "../errors.ts";
import { disregard, isThenable } from "../async/thenable.ts";

/**
 * The part of a Standard Schema (https://standardschema.dev) that rivulet uses. zod, valibot, arktype and other libraries make
 * such schemas.
 */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly output: Output } | undefined;
    readonly validate: (value: unknown) => SchemaResult | Promise<SchemaResult>;
  };
}

/** What a schema makes of a value, or why it refuses it. */
type SchemaResult = { readonly value: unknown; readonly issues?: undefined } | { readonly issues: readonly Issue[] };

/** A reason why a schema refuses a value, and where in the value. */
interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** The schema's output, or where and why it refuses the value, or "asynchronous" if it returns a promise. */
export type Checked =
  | { readonly value: unknown }
  | { readonly path: string; readonly why: string; readonly cause?: unknown }
  | "asynchronous";

export function isStandardSchema(schema: unknown): schema is StandardSchema {
  // The schemas of some libraries are functions.
  if (schema === null || (typeof schema !== "object" && typeof schema !== "function")) return false;
  return typeof (schema as Partial<StandardSchema>)["~standard"]?.validate === "function";
}

/** Checks a value against a schema; paths in the result start with `root`. */
export function checkAgainst(schema: StandardSchema, value: unknown, root: string): Checked {
  try {
    return toChecked(schema["~standard"].validate(value), root);
  } catch (cause) {
    return { path: root, why: `the schema threw: ${describe(cause)}`, cause };
  }
}

function toChecked(result: SchemaResult | Promise<SchemaResult>, root: string): Checked {
  if (typeof (result as unknown) !== "object" || (result as unknown) === null) {
    return { path: root, why: "this is no Standard Schema: its validate returned no result" };
  }
  if (isThenable(result)) {
    disregard(result);
    return "asynchronous";
  }
  const [first, ...others] = result.issues ?? [];
  if (first === undefined) return { value: (result as { readonly value: unknown }).value };
  const more = others.length === 0 ? "" : ` (and ${others.length} more)`;
  return { path: root + pathOf(first), why: first.message + more };
}

function pathOf({ path = [] }: Issue): string {
  const keys = path.map((part) => (typeof part === "object" ? part.key : part));
  return keys.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`)).join("");
}
