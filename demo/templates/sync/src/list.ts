import type { Event } from "rivulet";
import { defineDecider } from "rivulet/deciders";
import { defineProjection } from "rivulet/projections";

/** What can happen to a list. */
export type ListEvent = Event<"added" | "bought", { item: string }>;
export type ListCommand = { do: "add" | "buy"; item: string };

type Items = readonly string[];
const initial = (): Items => [];
const on = {
  added: (items: Items, { data }: ListEvent): Items => [...items, data.item],
  bought: (items: Items, { data }: ListEvent): Items => items.filter((item) => item !== data.item),
};

/** The items of a list. */
export const items = defineProjection<Items, ListEvent>({ name: "items", initial, on });

/** Decides commands: first in the browser, with what it knows, then at the hub, whose decision is final. */
export const list = defineDecider<Items, ListCommand, ListEvent>({
  initial,
  evolve: on,
  decide({ do: what, item }, now) {
    if (what === "add") return now.includes(item) ? [] : { type: "added", data: { item } };
    if (!now.includes(item)) throw new Error(`somebody has bought ${item}`);
    return { type: "bought", data: { item } };
  },
});
