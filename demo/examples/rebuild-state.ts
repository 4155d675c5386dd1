/**
 * Rebuild state: the current state is a fold over all events, and any earlier state is a fold over the events until
 * then.
 */
import { openEventStore, type Event, type StoredEvent } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";

type CartEvent =
  | Event<"added", { item: string; price: number }>
  | Event<"removed", { item: string; price: number }>
  | Event<"checked-out", undefined>;

interface Cart {
  readonly items: readonly string[];
  readonly total: number;
  readonly open: boolean;
}

const EMPTY: Cart = { items: [], total: 0, open: true };

/** The projector: a pure function from a state and an event to the next state. */
function project(cart: Cart, event: StoredEvent<CartEvent>): Cart {
  const { items, total } = cart;
  if (event.type === "checked-out") return { ...cart, open: false };
  const { item, price } = event.data;
  return event.type === "added"
    ? { ...cart, items: [...items, item], total: total + price }
    : { ...cart, items: items.filter((other) => other !== item), total: total - price };
}

await using store = await openEventStore(betterSqlite3());
const cart = store.stream<CartEvent>("cart-1");
await cart.append([
  { type: "added", data: { item: "tea", price: 4 } },
  { type: "added", data: { item: "milk", price: 2 } },
  { type: "removed", data: { item: "milk", price: 2 } },
  { type: "added", data: { item: "honey", price: 6 } },
  { type: "checked-out" },
]);

const now = (await cart.read().toArray()).reduce(project, EMPTY);
console.log(`now: ${now.items.join(", ")}; ${now.total} in all; ${now.open ? "open" : "checked out"}`);

const then = (await cart.read({ upTo: 2 }).toArray()).reduce(project, EMPTY);
console.log(`at version 2: ${then.items.join(", ")}; ${then.total} in all; ${then.open ? "open" : "checked out"}`);
