import { modelsOf } from "./capabilities.ts";
import type { ConsumerStorage, EventStorage, LeaseStorage, ModelStorage } from "./protocol.ts";

/** Whether a verb of the storage protocol may change what is stored. */
export type Access = "read" | "write";

/** The groups of verbs of an {@link EventStorage}, beside its own verbs. */
export interface VerbGroups {
  readonly models: ModelStorage;
  readonly leases: LeaseStorage;
  readonly consumers: ConsumerStorage;
}

export type GroupName = keyof VerbGroups;

/** The verbs of an {@link EventStorage} outside of any group. */
export type RootVerbs = Omit<EventStorage, GroupName | "lock" | "onChange" | "close">;

/** A group of verbs that a storage may lack. */
export type Capability = "models";

/** A table of all verbs of a group: a missing verb does not compile. */
type TableOf<Verbs> = { readonly [Name in keyof Verbs]: Access };

/**
 * The verbs of the storage protocol: all calls with one request and one answer. Code that wraps or forwards a storage uses these tables,
 * so that it cannot forget a verb.
 */
const ROOT_VERBS: TableOf<RootVerbs> = {
  append: "write",
  readPage: "read",
  listStreams: "read",
  head: "read",
  version: "read",
  positionAt: "read",
  saveSnapshot: "write",
  loadSnapshot: "read",
  info: "read",
};

/** The verbs of each group. */
const GROUP_VERBS: { readonly [Name in GroupName]: TableOf<VerbGroups[Name]> } = {
  models: {
    openModel: "write",
    modelState: "read",
    applyToModel: "write",
    beginRebuild: "write",
    sweepModels: "write",
    listParked: "read",
    retryParked: "write",
    queryModels: "read",
  },
  leases: {
    acquireLease: "write",
    releaseLease: "write",
    listLeases: "read",
  },
  consumers: {
    loadCheckpoint: "read",
    moveConsumer: "write",
    listConsumerParked: "read",
  },
};

/** A verb of any name, as seen by code that wraps or sends verbs. */
export type AnyVerb = (argument: unknown) => Promise<unknown>;

/** Makes all verbs outside of groups and those of some groups. */
export function makeVerbs<Name extends GroupName>(
  groups: readonly Name[],
  make: (name: string, access: Access, group?: GroupName) => AnyVerb,
): RootVerbs & Pick<VerbGroups, Name> {
  const fromTable = (table: Readonly<Record<string, Access>>, group?: GroupName): object =>
    Object.fromEntries(Object.entries(table).map(([name, access]) => [name, make(name, access, group)]));
  return {
    ...fromTable(ROOT_VERBS),
    ...Object.fromEntries(groups.map((group) => [group, fromTable(GROUP_VERBS[group], group)])),
    // The types of the tables ensure that they have exactly the protocol's verbs.
  } as RootVerbs & Pick<VerbGroups, Name>;
}

/** Returns the groups of verbs that a storage has. */
export function groupsOf(storage: EventStorage): readonly GroupName[] {
  return (Object.keys(GROUP_VERBS) as GroupName[]).filter((group) => storage[group] !== undefined);
}

/** Returns a storage's verb by its name. The verb rejects with `storage-unavailable` if the storage lacks the group. */
export function verbOf(storage: EventStorage, name: string, group?: GroupName): AnyVerb {
  return async (argument) => {
    const owner = group === undefined ? storage : group === "models" ? modelsOf(storage) : storage[group];
    return (owner as unknown as Readonly<Record<string, AnyVerb>>)[name]?.(argument);
  };
}

/**
 * Wraps every verb of a storage, for example to count calls or to retry them. Other members are kept.
 *
 * @example
 * ```ts
 * const logged = (storage: EventStorage): EventStorage =>
 *   wrapVerbs(storage, (verb, name, access) => (argument) => {
 *     if (access === "write") console.log(name);
 *     return verb(argument);
 *   });
 * ```
 */
export function wrapVerbs(
  storage: EventStorage,
  wrap: (verb: AnyVerb, name: string, access: Access) => AnyVerb,
): EventStorage {
  const wrapped = makeVerbs(groupsOf(storage), (name, access, group) =>
    wrap(verbOf(storage, name, group), name, access),
  );
  return { ...storage, ...wrapped };
}
