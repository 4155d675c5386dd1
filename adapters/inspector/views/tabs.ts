/** A database that tabs of this site have open. */
export interface OpenDatabase {
  readonly name: string;
  /** How many tabs have it open. */
  readonly tabs: number;
  /** Whether one of them leads. */
  readonly leading: boolean;
  /** How many locks of read models, consumers and replicas are held. */
  readonly own: number;
}

/** The locks that tabs with sqlite-wasm hold: one for each tab, one of its worker, one of the leader, and those of leases. */
const LOCK = /^rivulet\/([^/]+)\/(leader|life\/[^/]+|life\/[^/]+\/worker|alone\/.+)$/;

/** Finds the open databases by their Web Locks; none where there are no locks. */
export async function findTabs(): Promise<readonly OpenDatabase[]> {
  const { held = [] } = (await globalThis.navigator?.locks?.query().catch(() => undefined)) ?? {};
  const found = new Map<string, OpenDatabase>();
  for (const { name: lock = "" } of held) {
    const [, encoded, what = ""] = LOCK.exec(lock) ?? [];
    if (encoded === undefined) continue;
    const name = nameOf(encoded);
    const { tabs, leading, own } = found.get(name) ?? { tabs: 0, leading: false, own: 0 };
    found.set(name, {
      name,
      tabs: tabs + (/^life\/[^/]+$/.test(what) ? 1 : 0),
      leading: leading || what === "leader",
      own: own + (what.startsWith("alone/") ? 1 : 0),
    });
  }
  return [...found.values()];
}

/** Another program of the site may have a lock of any name. */
function nameOf(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
