// list.ts of docs/offline-list.md, word for word; another test compares the two.
import type { Event } from "rivulet";
import { defineDecider } from "rivulet/deciders";
import { defineProjection } from "rivulet/projections";

export type ListEvent = Event<"added" | "bought", { item: string }>;
type Items = readonly string[];
const on = {
  added: (items: Items, { data }: ListEvent) => [...items, data.item],
  bought: (items: Items, { data }: ListEvent) => items.filter((item) => item !== data.item),
};
export const items = defineProjection<Items, ListEvent>({ name: "items", initial: () => [], on });
export const list = defineDecider<Items, { do: "add" | "buy"; item: string }, ListEvent>({
  initial: () => [],
  evolve: on,
  decide({ do: what, item }, now) {
    if (what === "add") return now.includes(item) ? [] : { type: "added", data: { item } };
    if (!now.includes(item)) throw new Error(`somebody has bought ${item}`);
    return { type: "bought", data: { item } };
  },
});
