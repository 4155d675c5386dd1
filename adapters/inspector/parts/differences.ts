/** One difference between two JSON values. */
interface Difference {
  /** Where it is: `$.cart.items[2].price`. */
  readonly path: string;
  readonly kind: "added" | "removed" | "changed";
  /** Undefined if it was added. */
  readonly before?: unknown;
  /** Undefined if it was removed. */
  readonly after?: unknown;
}

/** What differs. */
export interface Differences {
  readonly list: readonly Difference[];
  /** Whether there are more than were looked for. */
  readonly more: boolean;
}

/** Finds the differences between two JSON values by path, at most so many. The same object on both sides is not looked into. */
export function findDifferences(before: unknown, after: unknown, most = 200): Differences {
  const list: Difference[] = [];
  let more = false;

  function add(difference: Difference): void {
    if (list.length < most) list.push(difference);
    else more = true;
  }

  function compare(old: unknown, now: unknown, path: string): void {
    if (more || Object.is(old, now)) return;
    if (!isObject(old) || !isObject(now) || Array.isArray(old) !== Array.isArray(now)) {
      return add({ path, kind: "changed", before: old, after: now });
    }
    for (const key of Object.keys(old)) {
      if (more) return;
      const inside = pathOf(path, key, Array.isArray(old));
      if (!Object.hasOwn(now, key)) add({ path: inside, kind: "removed", before: old[key] });
      else compare(old[key], now[key], inside);
    }
    for (const key of Object.keys(now)) {
      if (more) return;
      if (!Object.hasOwn(old, key))
        add({ path: pathOf(path, key, Array.isArray(old)), kind: "added", after: now[key] });
    }
  }

  compare(before, after, "$");
  return { list, more };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function pathOf(path: string, key: string, ofList: boolean): string {
  if (ofList) return `${path}[${key}]`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}
