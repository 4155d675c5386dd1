import { memory, openEventStore, type ImportSource } from "rivulet";
import { ndjson } from "rivulet/ndjson";
import { test } from "vitest";
import { failure } from "../support/outcome.ts";
import { until } from "../support/until.ts";

const line = '{"stream":"s","id":"1","type":"t"}\n';
const never = (): Promise<never> => new Promise(() => undefined);

interface Quiet {
  readonly source: ImportSource;
  /** Whether `return` was called. */
  left: boolean;
}

/** Sources that deliver one line and then nothing; leaving them hangs or throws. */
const SOURCES: Readonly<Record<string, (leave: () => unknown) => Quiet>> = {
  "an iterator": (leave) => {
    const quiet: { -readonly [Key in keyof Quiet]: Quiet[Key] } = { source: "", left: false };
    let said = false;
    quiet.source = {
      [Symbol.asyncIterator]: () => ({
        next() {
          if (said) return never();
          said = true;
          return Promise.resolve({ done: false as const, value: line });
        },
        return() {
          quiet.left = true;
          return leave() as Promise<never>;
        },
      }),
    };
    return quiet;
  },
  "a reader": (leave) => {
    const quiet: { -readonly [Key in keyof Quiet]: Quiet[Key] } = { source: "", left: false };
    let said = false;
    quiet.source = {
      getReader: () => ({
        read() {
          if (said) return never();
          said = true;
          return Promise.resolve({ done: false, value: line });
        },
        cancel() {
          quiet.left = true;
          return leave() as Promise<never>;
        },
      }),
    };
    return quiet;
  },
};

const LEAVING: Readonly<Record<string, () => unknown>> = {
  "is left": () => Promise.resolve(),
  "hangs when it is left": never,
  "rejects when it is left": () => Promise.reject(new Error("no")),
  "throws when it is left": () => {
    throw new Error("no");
  },
};

const cases = Object.keys(SOURCES).flatMap((what) => Object.keys(LEAVING).map((how) => [what, how] as const));

test.each(cases)("closing the store ends an import from %s that is quiet, and that %s", async (what, how) => {
  const store = await openEventStore(memory());
  const quiet = (SOURCES[what] as (typeof SOURCES)[string])(LEAVING[how] as () => unknown);
  const watching = store.watch();
  const importing = failure(store.importEvents(ndjson, quiet.source), "store-closed");
  // The import waits for the next line.
  for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate);

  await store.close();
  await importing;

  await until(() => quiet.left);
  await failure(watching.next(), "store-closed");
});
