import { EventStoreError, messageOf, mustBe } from "../errors.ts";
import { toJson } from "../events/json.ts";
import { LATEST_TIME, checkName } from "../validate.ts";

/** Checks a value against the storage protocol. @throws `invalid-argument` or `invalid-event`. */
export type Check = (value: unknown, path: string) => void;

/** The checks of all properties of an object. */
export type Shape<T> = { readonly [Key in keyof T]-?: Check };

export const anything: Check = () => undefined;

/* @__NO_SIDE_EFFECTS__ */
export const whole =
  (least: number, most: number = Number.MAX_SAFE_INTEGER): Check =>
  (value, path) => {
    if (!Number.isSafeInteger(value) || (value as number) < least || (value as number) > most)
      throw mustBe(path, `a whole number from ${least} to ${most}`);
  };

export const integer: Check = whole(Number.MIN_SAFE_INTEGER);
export const count: Check = whole(0);

/** The name of a stream, a type or a model. */
export const name: Check = checkName;

/** A time, in milliseconds since the epoch. */
export const time: Check = whole(0, LATEST_TIME);

export const flag: Check = (value, path) => {
  if (typeof value !== "boolean") throw mustBe(path, "true or false");
};

export const text: Check = (value, path) => {
  if (typeof value !== "string" || /\p{Surrogate}/u.test(value)) throw mustBe(path, "well-formed text");
};

/** JSON text exactly as `toJson` writes it, because readers and the filters in SQL rely on that form. */
export const json: Check = (value, path) => {
  try {
    if (typeof value === "string" && toJson(JSON.parse(value), path) === value) return;
  } catch (error) {
    throw new EventStoreError("invalid-event", `${path}: ${messageOf(error)}`, { path }, error);
  }
  throw new EventStoreError("invalid-event", `${path}: this is not JSON as JSON.stringify writes it`, { path });
};

export const jsonObject: Check = (value, path) => {
  json(value, path);
  checkObjectText(value as string, path);
};

/** Checks JSON text, which has to be that of an object. @throws `invalid-event`. */
export function checkObjectText(value: string, path: string): string {
  if (!value.startsWith("{")) throw new EventStoreError("invalid-event", `${path}: no object`, { path });
  return value;
}

/* @__NO_SIDE_EFFECTS__ */
export const oneOf =
  (...allowed: readonly unknown[]): Check =>
  (value, path) => {
    if (!allowed.includes(value)) throw mustBe(path, `one of ${allowed.join(", ")}`);
  };

/* @__NO_SIDE_EFFECTS__ */
export const optional =
  (check: Check): Check =>
  (value, path) => {
    if (value !== undefined) check(value, path);
  };

/* @__NO_SIDE_EFFECTS__ */
export const nullable =
  (check: Check): Check =>
  (value, path) => {
    if (value !== null) check(value, path);
  };

/* @__NO_SIDE_EFFECTS__ */
export const list =
  (check: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) throw mustBe(path, "a list");
    // The paths of what is not checked take longer than the rest.
    if (check !== anything) for (let index = 0; index < value.length; index++) check(value[index], `${path}[${index}]`);
  };

/* @__NO_SIDE_EFFECTS__ */
export function object<T>(shape: Shape<T>): Check {
  const checks = Object.entries<Check>(shape);
  return (value, path) => {
    if (typeof value !== "object" || value === null) throw mustBe(path, "an object");
    for (const [property, check] of checks) {
      check((value as Record<string, unknown>)[property], `${path}.${property}`);
    }
  };
}

/* @__NO_SIDE_EFFECTS__ */
export const both =
  (...checks: readonly Check[]): Check =>
  (value, path) => {
    for (const check of checks) check(value, path);
  };
