import { EventStoreError, invalidArgument, mustBe } from "../errors.ts";
import type { Event, StoredEvent } from "../event.ts";
import type { EventDefinitions, EventFormat, UnknownEvents } from "./event-format.ts";
import { checkInteger, checkName, checkOptions, isObject } from "../validate.ts";
import { checkAgainst, isStandardSchema, type StandardSchema } from "./standard-schema.ts";
import { upcast, type Step } from "./upcast.ts";

/**
 * Converts data of one version to the next version. A pure function of the data; `event` is the stored event, in case more than
 * its data is needed. Declare the parameter with the type that the data had in that version.
 */
export type Upcaster = {
  /** Returns the data of the next version. As a method, its parameter may be declared with a type of its own. */
  step(data: unknown, event: StoredEvent): unknown;
}["step"];

/** One event type: its data today, and how to convert the data of older versions. */
export interface EventDefinition<Data = unknown> {
  /** The version of the data's shape, from 1; default 1. Raise it when the shape changes, and add an upcaster to `upcast`. */
  readonly version?: number | undefined;
  /**
   * Checks data when it is appended: a synchronous schema of zod, valibot, arktype or any other library that makes Standard
   * Schemas. The schema's output, with its defaults filled in, is stored. Default: any JSON value.
   */
  readonly schema?: StandardSchema<Data> | undefined;
  /** Upcasters by the version they convert from: `{ 1: (data) => … }` converts version 1 to version 2. Required from version 2 on. */
  readonly upcast?: Readonly<Record<number, Upcaster>> | undefined;
}

/** A definition for each event type of a union. */
export type DefinitionsOf<E extends Event> = {
  readonly [Each in E as Each["type"]]: EventDefinition<Each["data"]>;
};

/** The union of events that definitions describe; the data of types without a schema is `unknown`. */
export type DefinedEvent<Definitions> = {
  readonly [Type in keyof Definitions & string]: Event<Type, DataOf<Definitions[Type]>>;
}[keyof Definitions & string];

/** The output type of a definition's schema. */
type DataOf<Definition> = Definition extends { readonly schema: StandardSchema<infer Data> } ? Data : unknown;

/** The union of events of some definitions: `type AccountEvent = EventsOf<typeof events>`. */
export type EventsOf<Definitions extends EventDefinitions> = Definitions extends EventDefinitions<infer E> ? E : never;

/**
 * Defines the events of an application, for `openEventStore(adapter, { events })`. Their types are inferred from the schemas, or
 * given as a union: `defineEvents<AccountEvent>({ … })`.
 *
 * @throws `invalid-argument` for an invalid event type, version, schema or upcaster.
 * @example
 * ```ts
 * const events = defineEvents<AccountEvent>({
 *   deposited: { version: 2, upcast: { 1: (cents) => ({ amount: Number(cents) / 100 }) } },
 *   withdrawn: {},
 * });
 * await using checked = await openEventStore(memory(), { events });
 * ```
 */
export function defineEvents<const Definitions extends Readonly<Record<string, EventDefinition>>>(
  definitions: Definitions,
): EventDefinitions<DefinedEvent<Definitions>>;
export function defineEvents<E extends Event>(definitions: DefinitionsOf<E>): EventDefinitions<E>;
export function defineEvents(definitions: Readonly<Record<string, EventDefinition>>): EventDefinitions {
  if (!isObject(definitions)) {
    throw invalidArgument("events", "events must be an object with a definition for each type");
  }
  const known = new Map(Object.entries(definitions).map(([type, definition]) => [type, toKnown(type, definition)]));
  return {
    _rivulet: {
      versions: new Map([...known].map(([type, { version, ways }]) => [type, [...ways.keys(), version]])),
      format: (unknownEvents) => createFormat(known, unknownEvents),
    },
  };
}

/** A definition, checked. */
interface KnownType {
  readonly version: number;
  readonly schema: StandardSchema | undefined;
  /** By version, all upcasters from it to the newest version. A version is missing if one of its upcasters is. */
  readonly ways: ReadonlyMap<number, readonly Step[]>;
}

const NO_STEPS = {};

function toKnown(type: string, definition: EventDefinition): KnownType {
  const place = `events.${type}`;
  checkName(type, place);
  if (typeof definition !== "object" || definition === null) {
    throw invalidArgument(place, `${place} must be { version, schema, upcast }`);
  }
  checkOptions(definition, ["version", "schema", "upcast"], place);
  const { version = 1, schema, upcast: steps = NO_STEPS } = definition;
  checkInteger(version, `${place}.version`, 1);
  if (version > 1 && steps === NO_STEPS) {
    const message = `${place}.upcast has no step from ${version - 1} to ${version}`;
    throw invalidArgument(`${place}.upcast`, `${message}: add the step, or upcast: {} if no older event is stored`);
  }
  if (schema !== undefined && !isStandardSchema(schema)) {
    throw invalidArgument(`${place}.schema`, `${place}.schema must be a Standard Schema: https://standardschema.dev`);
  }
  return { version, schema, ways: toWays(toSteps(steps, version, `${place}.upcast`), version) };
}

function toWays(steps: ReadonlyMap<number, Step>, version: number): Map<number, readonly Step[]> {
  let first = version;
  const all: Step[] = [];
  for (let step = steps.get(first - 1); step !== undefined; step = steps.get(first - 1)) {
    all.unshift(step);
    first -= 1;
  }
  return new Map(all.map((_, index) => [first + index, all.slice(index)]));
}

function toSteps(steps: object, version: number, place: string): Map<number, Step> {
  if (!isObject(steps)) throw mustBe(place, "an object with a function for each version");
  const entries = Object.entries(steps).map(([key, step]: [string, unknown]): [number, Step] => {
    const from = Number(key);
    const argument = `${place}.${key}`;
    if (!Number.isInteger(from) || from < 1 || from >= version) {
      throw invalidArgument(
        argument,
        `${argument}: there is no upcaster from version ${key}: give one for each version before ${version}`,
      );
    }
    if (typeof step !== "function") throw invalidArgument(argument, `${argument} must be a function`);
    return [from, step as Step];
  });
  return new Map(entries);
}

function createFormat(known: ReadonlyMap<string, KnownType>, unknownEvents: UnknownEvents): EventFormat {
  function write(type: string, data: unknown, path: string): ReturnType<EventFormat["write"]> {
    const definition = known.get(type);
    if (definition !== undefined)
      return { data: checked(definition, type, data, path), schemaVersion: definition.version };
    if (unknownEvents === "pass") return { data, schemaVersion: 1 };
    const at = `${path}.type`;
    throw new EventStoreError(
      "invalid-event",
      `${at}: "${type}" is not defined in the events that the store was opened with`,
      {
        path: at,
      },
    );
  }

  function read(event: StoredEvent): StoredEvent {
    const definition = known.get(event.type);
    if (definition?.version === event.schemaVersion) return event;
    const steps = definition?.ways.get(event.schemaVersion);
    if (steps !== undefined) return upcast(event, steps);
    if (unknownEvents === "pass") return event;
    throw unknownEvent(event, definition);
  }

  const versions = new Map([...known].map(([type, { version }]) => [type, version] as const));
  return { versions, passes: unknownEvents === "pass", write, read };
}

function checked({ schema }: KnownType, type: string, data: unknown, path: string): unknown {
  if (schema === undefined) return data;
  const found = checkAgainst(schema, data, `${path}.data`);
  if (found === "asynchronous") {
    const argument = `events.${type}.schema`;
    throw invalidArgument(
      argument,
      `${argument} is asynchronous, and events are checked synchronously: check them before appending`,
    );
  }
  if ("value" in found) return found.value;
  throw new EventStoreError("invalid-event", `${found.path}: ${found.why}`, { path: found.path }, found.cause);
}

/** The oldest version that can be read. */
function firstKnown({ version, ways }: KnownType): number {
  return version - ways.size;
}

function unknownEvent({ type, schemaVersion, position }: StoredEvent, definition?: KnownType): EventStoreError {
  const why =
    definition === undefined
      ? "its type is not defined"
      : schemaVersion > definition.version
        ? `it was written by newer code, and this code knows versions up to ${definition.version}`
        : `upcast has no step from ${firstKnown(definition) - 1} to ${firstKnown(definition)}`;
  const message = `the event "${type}" of version ${schemaVersion} at position ${position} is not known: ${why}`;
  return new EventStoreError("unknown-event", message, { type, schemaVersion, position });
}
