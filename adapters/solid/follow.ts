import { createEffect, createMemo, createSignal, onCleanup, type Accessor } from "solid-js";
import type { Source } from "../bindings/source.ts";

/** A value or an accessor. What is shown follows an accessor. */
export type Given<Value> = Value | Accessor<Value>;

/** The value, or that of the accessor. */
export function given<Value>(value: Given<Value>): Value {
  return typeof value === "function" ? (value as Accessor<Value>)() : value;
}

/** An accessor of the newest value of a source, which another replaces when the inputs change. A server runs no effects. */
export function follow<Value>(make: () => Source<Value>, read: (now: Value) => Value = (now) => now): Accessor<Value> {
  const source = createMemo(make);
  const [changes, changed] = createSignal(undefined, { equals: false });
  createEffect(() => {
    const unsubscribe = source().subscribe(() => changed());
    onCleanup(unsubscribe);
  });
  return () => {
    changes();
    return read(source().now());
  };
}
