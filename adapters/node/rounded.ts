import type { SqliteRow } from "../../src/adapter.ts";

/** A statement of a binding that refuses integers beyond 2^53, unless it is asked for bigints. */
export interface IntegerReader {
  get(...values: readonly unknown[]): SqliteRow | undefined;
  all(...values: readonly unknown[]): SqliteRow[];
  setReadBigInts(bigints: boolean): void;
}

/**
 * Reads rows. For an integer beyond 2^53, a driver returns the nearest number; its callers decide whether that is an error.
 */
export function rounded<Verb extends "get" | "all">(
  statement: IntegerReader,
  verb: Verb,
  values: readonly unknown[],
): ReturnType<IntegerReader[Verb]> {
  const read = (): unknown => statement[verb](...values);
  return readRounded(statement, read) as ReturnType<IntegerReader[Verb]>;
}

function readRounded(statement: IntegerReader, read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== "ERR_OUT_OF_RANGE") throw error;
    statement.setReadBigInts(true);
    try {
      return toNumbers(read());
    } finally {
      statement.setReadBigInts(false);
    }
  }
}

function toNumbers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(toNumbers);
  return typeof value === "bigint" ? Number(value) : value;
}
