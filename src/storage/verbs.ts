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

/** A table has every verb of its group: leaving a new one out does not compile. */
type TableOf<Verbs> = { readonly [Name in keyof Verbs]: Access };

/**
 * The verbs of the storage protocol: everything that is one question and one answer. Whatever carries or wraps a storage goes
 * through these tables, so that none of them can forget a verb.
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

/** The same for each group. */
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

/** All verbs outside of groups, and those of the groups named, each made by `make`. */
export function makeVerbs<Name extends GroupName>(
  groups: readonly Name[],
  make: (name: string, access: Access, group?: GroupName) => AnyVerb,
): RootVerbs & Pick<VerbGroups, Name> {
  const fromTable = (table: Readonly<Record<string, Access>>, group?: GroupName): object =>
    Object.fromEntries(Object.entries(table).map(([name, access]) => [name, make(name, access, group)]));
  return {
    ...fromTable(ROOT_VERBS),
    ...Object.fromEntries(groups.map((group) => [group, fromTable(GROUP_VERBS[group], group)])),
    // The tables have just the protocol's verbs: the compiler holds them to that above.
  } as RootVerbs & Pick<VerbGroups, Name>;
}

/** The names of the groups that a storage has. */
export function groupsOf(storage: EventStorage): readonly GroupName[] {
  return (Object.keys(GROUP_VERBS) as GroupName[]).filter((group) => storage[group] !== undefined);
}

/** A storage's verb by its name. It rejects with `storage-unavailable` where the storage lacks the group. */
export function verbOf(storage: EventStorage, name: string, group?: GroupName): AnyVerb {
  return async (argument) => {
    const owner = group === undefined ? storage : group === "models" ? modelsOf(storage) : storage[group];
    return (owner as unknown as Readonly<Record<string, AnyVerb>>)[name]?.(argument);
  };
}

/**
 * Wraps every verb of a storage, for example to count calls or to retry them. Members that are no verbs stay as they are.
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
