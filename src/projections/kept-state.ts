import { invalidArgument } from "../errors.ts";
import type { KeyValueStorage } from "../page.ts";
import { freezeState } from "./freeze-state.ts";
import { stateToJson } from "./snapshot.ts";

/** A state as it is kept, with what tells whether it is older than another. */
export interface KeptState {
  /** The schema of the projection that made it. */
  readonly schema: number;
  /** The history that it was made from. */
  readonly lineage: string;
  /** The position up to which every event is in it; null if that is not known. */
  readonly position: number | null;
  /** When it was kept, in milliseconds since the epoch. */
  readonly timestamp: number;
  readonly state: unknown;
}

/** The place of one kept state, which tabs share. Errors of the storage are thrown. */
export interface KeptPlace {
  /** Returns what is kept, frozen; undefined if that is nothing, of another schema, or not of rivulet. */
  read(): KeptState | undefined;
  /** @throws `invalid-argument` for a state that is too long or no JSON value. */
  write(kept: KeptState): void;
  remove(): void;
  /** Returns the position of what another tab has kept since the last `write`, if that is of the same history and ahead. */
  ahead(mine: KeptState): number | undefined;
}

export function placeOf(storage: KeyValueStorage, key: string, schema: number, maxLength: number): KeptPlace {
  let written: string | undefined;

  return {
    read: () => parse(storage.getItem(key), schema),
    write(kept) {
      const text = toText(kept);
      if (text.length > maxLength) {
        const message = `it has ${text.length} characters, and may have ${maxLength}`;
        throw invalidArgument("maxLength", `the last known state cannot be kept: ${message}`);
      }
      storage.setItem(key, text);
      written = text;
    },
    remove() {
      written = undefined;
      storage.removeItem(key);
    },
    ahead({ lineage, position }) {
      const text = storage.getItem(key);
      const other = text === written ? undefined : parse(text, schema);
      if (other?.lineage !== lineage || other.position === null || position === null) return undefined;
      return other.position > position ? other.position : undefined;
    },
  };
}

function toText({ state, ...rest }: KeptState): string {
  const json = stateToJson(state, "the last known state cannot be kept: ");
  return `${JSON.stringify(rest).slice(0, -1)},"state":${json}}`;
}

function parse(text: string | null, schema: number): KeptState | undefined {
  if (text === null) return undefined;
  try {
    const found = Object(JSON.parse(text)) as Partial<KeptState>;
    return found.schema === schema && isWhole(found) ? freezeState(found) : undefined;
  } catch {
    // Something else has written there. The next state replaces it.
    return undefined;
  }
}

function isWhole(found: Partial<KeptState>): found is KeptState {
  const { lineage, position, timestamp, state } = found;
  const isPlaced = position === null || Number.isSafeInteger(position);
  return typeof lineage === "string" && isPlaced && Number.isSafeInteger(timestamp) && state !== undefined;
}
