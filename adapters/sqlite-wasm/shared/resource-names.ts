import { describe, invalidArgument } from "../../../src/adapter.ts";

/** The encoded name is the name of a folder, which may have at most 255 bytes. */
const LONGEST_NAME = 200;

/** The names of a store's folder, locks and channels, which are the same in all tabs. */
export interface ResourceNames {
  /** The folder of the pool in the origin's private file system. */
  readonly directory: string;
  /** The lock of the worker that has the database open. */
  readonly leader: string;
  /** The channel that every tab and worker listens to. */
  readonly hub: string;
  /** The lock that a tab or a worker holds for as long as it lives. */
  life(id: string): string;
  /** The lock for a task that only one client at a time may do. */
  alone(what: string): string;
}

/** Returns the names for a store. @throws `invalid-argument` if the store's name is invalid. */
export function resourceNames(name: string): ResourceNames {
  const root = `rivulet/${encode(name)}`;
  return {
    directory: root,
    leader: `${root}/leader`,
    hub: root,
    life: (id) => `${root}/life/${id}`,
    alone: (what) => `${root}/alone/${what}`,
  };
}

function encode(name: unknown): string {
  if (typeof name !== "string" || name === "") {
    throw invalidArgument(
      "name",
      "name must be a string of at least one character: leave it out for a database in memory",
    );
  }
  const encoded = encodeWellFormed(name).replaceAll(".", "%2E");
  if (encoded.length <= LONGEST_NAME) return encoded;
  throw invalidArgument(
    "name",
    `name is too long: it may have at most ${LONGEST_NAME} characters when encoded as in a URL`,
  );
}

function encodeWellFormed(name: string): string {
  try {
    return encodeURIComponent(name);
  } catch (error) {
    throw invalidArgument("name", `name must be well-formed Unicode: ${describe(error)}`);
  }
}
