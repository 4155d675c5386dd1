/** Where the reference describes each name. */
import { dirname } from "node:path";
import type { EntryPoint, Exported, ExportId } from "./read-reference.ts";

/** The entry point of those who write adapters, which repeats much of the others. */
export const FOR_ADAPTERS = "rivulet/adapter";

/** Which page describes an export, and how the names of a page are found. */
export interface Names {
  /** Another entry point that describes this export or type; undefined if this one does. */
  elsewhere(entry: EntryPoint, item: Exported): EntryPoint | undefined;
  /** The address of an export's description, for links from an entry point's page. */
  addressOf(from: EntryPoint, id: ExportId): string | undefined;
  /** The address for a name in a text, such as "StoredEvent", "EventStore.append" or "store.append". */
  addressOfName(from: EntryPoint, name: string): string | undefined;
}

/** What texts call the objects of these types. */
const CALLED: Readonly<Record<string, string>> = {
  store: "EventStore",
  stream: "EventStream",
  replica: "Replica",
  hub: "Hub",
};

/** The name of the page of an import path. */
export function referenceFile(path: string): string {
  return `api-${path.replaceAll("/", "-")}.html`;
}

/** The id of the heading of an export, or of a member, such as "EventStore.append". Some names differ only in their first letter. */
export function headingId(item: string, member?: string): string {
  return member === undefined ? item : `${item}.${member.replaceAll(/[^\w.-]/g, "")}`;
}

export function findNames(entries: readonly EntryPoint[]): Names {
  const homes = new Map<ExportId, EntryPoint | undefined>();
  const items = new Map<ExportId, Exported>();
  for (const item of entries.flatMap(({ exports, named }) => [...exports, ...named])) {
    items.set(item.id, item);
    homes.set(item.id, homeOf(item, entries));
  }

  /** The page that describes an export for readers of this one. */
  const describing = (from: EntryPoint, id: ExportId): EntryPoint | undefined =>
    homes.get(id) ?? (has(from, id) ? from : entries.find((entry) => entry.path !== FOR_ADAPTERS && has(entry, id)));

  const addressOf: Names["addressOf"] = (from, id) => {
    const item = items.get(id);
    const page = describing(from, id);
    return item && page && `${page === from ? "" : referenceFile(page.path)}#${headingId(item.name)}`;
  };

  return {
    elsewhere(entry, item) {
      const home = homes.get(item.id);
      return home === entry ? undefined : home;
    },
    addressOf,
    addressOfName(from, name) {
      if (name !== from.path && entries.some(({ path }) => path === name)) return referenceFile(name);
      const [, given = "", member] = /^(\w+)(?:\.(\w+))?(?:\([^()]*\))?$/.exec(name) ?? [];
      const type = member === undefined ? given : (CALLED[given] ?? given);
      const own = [...from.exports, ...from.named].find((item) => item.name === type);
      // A word such as `table` means many things.
      const isWord = /^[a-z]+$/.test(type);
      const item = own ?? (isWord ? undefined : [...items.values()].find((one) => one.name === type));
      if (item === undefined) return undefined;
      const address = addressOf(from, item.id);
      if (member === undefined || address === undefined) return address;
      if (item.members.every((one) => one.name !== member)) return undefined;
      return address.replace(/#.*/, `#${headingId(item.name, member)}`);
    },
  };
}

function has({ exports, named }: EntryPoint, id: ExportId): boolean {
  return [...exports, ...named].some((item) => item.id === id);
}

/**
 * The one entry point whose folder declares an export, if there is one. What bindings of several frameworks share is described on the page
 * of each; that of adapters describes only what no other page does.
 */
function homeOf({ id, file }: Exported, entries: readonly EntryPoint[]): EntryPoint | undefined {
  const having = entries.filter((entry) => has(entry, id));
  const forUsers = having.filter(({ path }) => path !== FOR_ADAPTERS);
  if (forUsers.length < 2) return forUsers[0] ?? having[0];
  const around = forUsers.filter((entry) => file.startsWith(`${dirname(entry.file)}/`));
  return around.sort((one, other) => other.file.length - one.file.length)[0];
}
