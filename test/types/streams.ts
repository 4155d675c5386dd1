/** What the compiler must accept and refuse of typed streams. Compiled with the tests, never run. */
import type { AppendResult, Event, EventStore, NewEvent, StoredEvent } from "rivulet";
import { expectTypeOf } from "vitest";

interface Moved {
  readonly from: string;
  readonly to: string;
}

type CartEvent =
  | Event<"added", { readonly item: string; readonly count: number }>
  | Event<"moved", Moved>
  | Event<"note", string | undefined>
  | Event<"emptied", undefined>;

export async function appends(store: EventStore): Promise<void> {
  const cart = store.stream<CartEvent>("cart-1");

  await cart.append({ type: "added", data: { item: "tea", count: 2 } });
  await cart.append([
    { type: "emptied" },
    { type: "moved", data: { from: "a", to: "b" }, id: "1", metadata: { by: "x" } },
  ]);
  await cart.append({ type: "note" });
  await cart.append({ type: "note", data: "gift" });

  // @ts-expect-error The data of another type of event.
  await cart.append({ type: "added", data: { from: "a", to: "b" } });
  // @ts-expect-error A property of the wrong type.
  await cart.append({ type: "added", data: { item: "tea", count: "2" } });
  // @ts-expect-error Data that is missing.
  await cart.append({ type: "added" });
  // @ts-expect-error Undefined where the type does not allow it.
  await cart.append({ type: "moved", data: undefined });
  // @ts-expect-error A property too many.
  await cart.append({ type: "added", data: { item: "tea", count: 2, colour: "green" } });
  // @ts-expect-error An unknown type.
  await cart.append({ type: "removed", data: { item: "tea" } });
  // @ts-expect-error One wrong event among right ones.
  await cart.append([{ type: "emptied" }, { type: "removed" }]);
  // @ts-expect-error Metadata is an object.
  await cart.append({ type: "emptied", metadata: "x" });
  // @ts-expect-error Not one of the words.
  await cart.append({ type: "emptied" }, { expectedVersion: "none" });
}

export async function results(store: EventStore): Promise<void> {
  const result = await store.stream<CartEvent>("cart-1").append({ type: "emptied" });
  expectTypeOf(result).toEqualTypeOf<AppendResult<CartEvent>>();
  const [event] = result.events;
  expectTypeOf(event).toEqualTypeOf<StoredEvent<CartEvent> | undefined>();

  // @ts-expect-error Results are not to be written to.
  result.version = 4;
}

export async function narrows(store: EventStore): Promise<void> {
  const cart = store.stream<CartEvent>("cart-1");
  for await (const event of cart.read()) narrow(event);
  for await (const event of cart.watch({ after: "head" })) narrow(event);
  for (const event of await cart.read().toArray()) narrow(event);
  for await (const event of store.read<CartEvent>({ streamPrefix: "cart-" })) narrow(event);
  for await (const event of store.watch<CartEvent>({ types: ["added"] })) narrow(event);
}

function narrow(event: StoredEvent<CartEvent>): void {
  // @ts-expect-error Before the type is known, the data may be of any of them.
  void event.data.item;
  switch (event.type) {
    case "added":
      expectTypeOf(event.data).toEqualTypeOf<{ readonly item: string; readonly count: number }>();
      return;
    case "moved":
      expectTypeOf(event.data).toEqualTypeOf<Moved>();
      return;
    case "note":
      expectTypeOf(event.data).toEqualTypeOf<string | undefined>();
      return;
    case "emptied":
      expectTypeOf(event.data).toEqualTypeOf<undefined>();
      return;
    default:
      // Every case was named: nothing is left.
      expectTypeOf(event).toBeNever();
  }
}

/** An interface as data fits, though it has no index signature. */
export const moved: NewEvent<CartEvent> = { type: "moved", data: { from: "a", to: "b" } satisfies Moved };

export async function untyped(store: EventStore): Promise<void> {
  const anything = store.stream("anything");
  await anything.append({ type: "whatever" });
  await anything.append({ type: "whatever", data: [1, { two: null }] });
  for await (const event of anything.read()) {
    expectTypeOf(event.data).toEqualTypeOf<unknown>();
    expectTypeOf(event.type).toEqualTypeOf<string>();
    // @ts-expect-error Unknown data is looked at before it is used.
    void event.data.by;
  }
}

/** Where an event carries no data, its type says so by leaving it out, and so does the event. */
type Cleared = Event<"cleared">;
export const cleared: Cleared = { type: "cleared" };
export const noted: Event<"noted", string | undefined> = { type: "noted" };
// @ts-expect-error Data that the type demands.
export const added: Event<"added", { by: number }> = { type: "added" };
// @ts-expect-error A type that is misspelt.
export const misspelt: Cleared = { type: "claered" };

export async function withoutData(store: EventStore): Promise<void> {
  const stream = store.stream<Cleared>("a");
  await stream.append(cleared);
  await stream.append([cleared, { ...cleared, id: "x" }]);
  await store.append<Cleared>([{ stream: "a", events: cleared }]);
  await store.stream("untyped").append(cleared);
  // @ts-expect-error A type that is misspelt.
  await stream.append({ type: "claered" });
}
