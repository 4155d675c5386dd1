import { modelsOf, syncOf } from "./capabilities.ts";
import type { ConsumerStorage, EventStorage, LeaseStorage, ModelStorage, SyncStorage } from "./protocol.ts";

/** Whether a verb of the storage protocol may change what is stored. */
export type Access = "read" | "write";

/** The groups of verbs of an {@link EventStorage}, beside its own verbs. */
export interface VerbGroups {
  readonly models: ModelStorage;
  readonly leases: LeaseStorage;
  readonly consumers: ConsumerStorage;
  readonly sync: SyncStorage;
}

export type GroupName = keyof VerbGroups;

/** The verbs of an {@link EventStorage} outside of any group. */
export type RootVerbs = Omit<
  EventStorage,
  GroupName | "contents" | "dialect" | "lock" | "webLockOf" | "onChange" | "close"
>;

/** A group of verbs that a storage may lack. */
export type Capability = "models" | "sync";

/**
 * The verbs of the storage protocol: all calls with one request and one answer. Code that wraps or forwards a storage uses these lists,
 * so that it cannot forget a verb. They are names alone, because a page with a remote storage downloads them.
 */
const ROOT_VERBS = [
  "append",
  "readPage",
  "listStreams",
  "head",
  "version",
  "positionAt",
  "saveSnapshot",
  "loadSnapshot",
  "info",
] as const;

/** The verbs of each group. */
const GROUP_VERBS = {
  models: [
    "openModel",
    "modelState",
    "applyToModel",
    "beginRebuild",
    "sweepModels",
    "listParked",
    "retryParked",
    "queryModels",
  ],
  leases: ["acquireLease", "releaseLease", "listLeases"],
  consumers: ["loadCheckpoint", "moveConsumer", "listConsumerParked"],
  sync: [
    "loadReplica",
    "follow",
    "unfollow",
    "applyConfirmed",
    "enqueue",
    "listEntries",
    "settle",
    "loadResult",
    "saveResult",
  ],
} as const;

type RootVerb = (typeof ROOT_VERBS)[number];
type GroupVerb<Name extends GroupName> = (typeof GROUP_VERBS)[Name][number];

/** The verbs that change nothing. */
const READS: ReadonlySet<string> = new Set<RootVerb | GroupVerb<GroupName>>([
  "readPage",
  "listStreams",
  "head",
  "version",
  "positionAt",
  "loadSnapshot",
  "info",
  "modelState",
  "listParked",
  "queryModels",
  "listLeases",
  "loadCheckpoint",
  "listConsumerParked",
  "loadReplica",
  "listEntries",
  "loadResult",
]);

/** A verb of any name, as seen by code that wraps or sends verbs. `further` stays in this thread, such as what interrupts a query. */
export type AnyVerb = (argument: unknown, ...further: readonly unknown[]) => Promise<unknown>;

/** The verbs that the lists name: a storage made of them does not compile if one is missing. */
type Listed<Name extends GroupName> = Pick<RootVerbs, RootVerb> & {
  readonly [Group in Name]: Pick<VerbGroups[Group], GroupVerb<Group> & keyof VerbGroups[Group]>;
};

/** Makes all verbs outside of groups and those of some groups. */
export function makeVerbs<Name extends GroupName>(
  groups: readonly Name[],
  make: (name: string, group?: GroupName) => AnyVerb,
): Listed<Name> {
  const fromList = (names: readonly string[], group?: GroupName): object =>
    Object.fromEntries(names.map((name) => [name, make(name, group)]));
  return {
    ...fromList(ROOT_VERBS),
    ...Object.fromEntries(groups.map((group) => [group, fromList(GROUP_VERBS[group], group)])),
  } as Listed<Name>;
}

/** Returns the groups of verbs that a storage has. */
export function groupsOf(storage: EventStorage): readonly GroupName[] {
  return (Object.keys(GROUP_VERBS) as GroupName[]).filter((group) => storage[group] !== undefined);
}

/** Returns a storage's verb by its name. The verb rejects with `storage-unavailable` if the storage lacks the group. */
export function verbOf(storage: EventStorage, name: string, group?: GroupName): AnyVerb {
  return async (...call) => {
    const owner =
      group === undefined
        ? storage
        : group === "models"
          ? modelsOf(storage)
          : group === "sync"
            ? syncOf(storage)
            : storage[group];
    return (owner as unknown as Readonly<Record<string, AnyVerb>>)[name]?.(...call);
  };
}

/**
 * Wraps every verb of a storage, for example to count calls or to retry them. Other members are kept.
 *
 * @example
 * ```ts
 * const logged = (storage: EventStorage): EventStorage =>
 *   wrapVerbs(storage, (verb, name, access) => (...call) => {
 *     if (access === "write") console.log(name);
 *     return verb(...call);
 *   });
 * ```
 */
export function wrapVerbs(
  storage: EventStorage,
  wrap: (verb: AnyVerb, name: string, access: Access) => AnyVerb,
): EventStorage {
  const wrapped = makeVerbs(groupsOf(storage), (name, group) =>
    wrap(verbOf(storage, name, group), name, READS.has(name) ? "read" : "write"),
  );
  return { ...storage, ...wrapped };
}
