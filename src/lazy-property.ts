/** Under which an object has what makes its properties: no private field, which proxies of frameworks could not read. */
const MAKERS = Symbol();

/** The getters of all objects, by their names. */
const GETTERS: Record<string, PropertyDescriptor> = {};

/**
 * Gives an object enumerable properties, whose values are made whenever they are looked at. All objects share their getters: V8 makes a
 * dictionary of an object with a getter of its own, and keeps it, with all that its closure sees, until a full collection.
 */
export function withLazy<T extends object, Makers extends Readonly<Record<string, () => unknown>>>(
  object: T,
  makers: Makers,
): T & { readonly [Name in keyof Makers]: ReturnType<Makers[Name]> } {
  for (const name in makers) {
    Object.defineProperty(
      object,
      name,
      (GETTERS[name] ??= {
        enumerable: true,
        get(this: { readonly [MAKERS]: Makers }) {
          return this[MAKERS][name]!();
        },
      }),
    );
  }
  // Configurable, because a proxy may show another value.
  return Object.defineProperty(object, MAKERS, { value: makers, configurable: true }) as never;
}
