import { EventStoreError, describe } from "../../../src/adapter.ts";

/** Encoded, a name becomes a folder's, and those may be no longer than 255 bytes. */
const LONGEST_NAME = 200;

/** Where the tabs of one store meet, by name: its files, its locks, its channels. */
export interface Places {
  /** The folder of the pool in the origin's private file system. */
  readonly directory: string;
  /** The lock of whoever has the database open. */
  readonly leader: string;
  /** The channel that everybody listens to. */
  readonly hub: string;
  /** The lock that a tab or a worker holds for as long as it lives. */
  life(id: string): string;
  /** The lock of whoever does alone what has this name. */
  alone(what: string): string;
}

/** Throws `invalid-argument` for a name that cannot be. */
export function placesOf(name: string): Places {
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
    throw refused("name must be a text of at least one character: leave it out for a database in memory");
  }
  const encoded = encodeWellFormed(name).replaceAll(".", "%2E");
  if (encoded.length <= LONGEST_NAME) return encoded;
  throw refused(`name is too long: encoded for an address it has to fit ${LONGEST_NAME} characters`);
}

function encodeWellFormed(name: string): string {
  try {
    return encodeURIComponent(name);
  } catch (error) {
    throw refused(`name must be well-formed Unicode: ${describe(error)}`);
  }
}

function refused(message: string): EventStoreError {
  return new EventStoreError("invalid-argument", message, { argument: "name" });
}
