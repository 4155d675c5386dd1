import type { StoredEvent } from "rivulet";
import { defineReadModel, sql, table } from "rivulet/read-models";
import type { BankEvent } from "./bank.ts";

export const accounts = table("accounts", "name TEXT PRIMARY KEY, balance INTEGER NOT NULL");
const entries = table("entries", "position INTEGER PRIMARY KEY, version INTEGER NOT NULL, label TEXT NOT NULL");

type Movement = Extract<BankEvent, { readonly data: { readonly amount: number } }>;

function moved(sign: 1 | -1): (event: StoredEvent<Movement>) => ReturnType<typeof sql>[] {
  return ({ stream, position, version, data: { amount, label } }) => {
    if (label === "broken") throw new Error("this label is broken");
    return [
      sql`INSERT INTO ${accounts} VALUES (${stream}, ${sign * amount}) ON CONFLICT (name) DO UPDATE SET balance = ${accounts}.balance + excluded.balance`,
      sql`INSERT INTO ${entries} VALUES (${position}, ${version}, ${label})`,
    ];
  };
}

/** The accounts of the simulation. Positions are keys, so that two events must never have the same, pending or not. */
export const balances = defineReadModel<BankEvent>({
  name: "balances",
  tables: [accounts, entries],
  on: { deposited: moved(1), withdrawn: moved(-1) },
});

export const everyBalance = sql`SELECT name, balance FROM ${accounts} ORDER BY name`;
export const everyEntry = sql`SELECT position, version, label FROM ${entries} ORDER BY position`;
