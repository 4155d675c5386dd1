import type { BoundDatabase } from "./bound-database.ts";

/**
 * Adds SQLite's mathematical functions (https://sqlite.org/lang_mathfunc.html) where it was built without them, as in
 * Deno.
 */
export function addMathFunctions(database: BoundDatabase): void {
  if (database.prepare("SELECT 1 FROM pragma_function_list WHERE name = 'sqrt'").get() !== undefined) return;
  for (const compute of [acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, exp, sin, sinh, sqrt, tan, tanh]) {
    define(database, compute.name, compute);
  }
  for (const [name, compute] of Object.entries(OTHERS)) define(database, name, compute);
  define(database, "log", (base, x) => ln(x) / positive(ln(base)));
  for (const round of [ceil, floor, trunc]) define(database, round.name, round, true);
  define(database, "ceiling", ceil, true);
}

const { acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, exp, sin, sinh, sqrt, tan, tanh } = Math;
const { ceil, floor, trunc, PI } = Math;

type Compute = (x: number, y: number) => number;

const positive = (x: number): number => (x > 0 ? x : Number.NaN);
const ln = (x: number): number => Math.log(positive(x));
const log10 = (x: number): number => Math.log10(positive(x));
const pow = (x: number, y: number): number => (x === 1 ? 1 : x ** y);

const OTHERS: Readonly<Record<string, Compute>> = {
  degrees: (x: number) => (x * 180) / PI,
  ln,
  log: log10,
  log10,
  log2: (x: number) => Math.log2(positive(x)),
  mod: (x, y) => x % y,
  pi: () => PI,
  pow,
  power: pow,
  radians: (x: number) => (x * PI) / 180,
};

/**
 * Defines a function with as many arguments as `compute`. It is NULL unless all of them are numbers, or texts that read
 * as numbers, and the result is one. `keepsIntegers`: an integer is its own result.
 */
function define(database: BoundDatabase, name: string, compute: Compute, keepsIntegers = false): void {
  const call = (...values: unknown[]): number | bigint | null => {
    const numbers = values.map(toNumber);
    if (keepsIntegers && typeof numbers[0] === "bigint") return numbers[0];
    const result = compute(...(numbers.map(Number) as [number, number]));
    return Number.isNaN(result) ? null : result;
  };
  // Its length tells SQLite the number of arguments.
  Object.defineProperty(call, "length", { value: compute.length });
  database.function(name, { deterministic: true, useBigIntArguments: true }, call);
}

/** Returns a bigint for an INTEGER, and NaN for what is no number. */
function toNumber(value: unknown): number | bigint {
  if (typeof value === "number" || typeof value === "bigint") return value;
  if (typeof value !== "string" || !NUMBER.test(value)) return Number.NaN;
  const number = Number(value);
  return Number.isSafeInteger(number) && INTEGER.test(value) ? BigInt(number) : number;
}

/** As https://sqlite.org/datatype3.html describes texts that are converted. */
const NUMBER = /^[ \t-\r]*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[ \t-\r]*$/i;
const INTEGER = /^[ \t-\r]*[+-]?\d+[ \t-\r]*$/;
