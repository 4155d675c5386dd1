import type { Event } from "rivulet";
import { defineDecider } from "rivulet/deciders";
import { defineProjection } from "rivulet/projections";

/** What the devices of the simulation do: money goes in and out of accounts, and each movement has the label of its command. */
export type BankEvent =
  | Event<"deposited", { amount: number; label: string }>
  | Event<"withdrawn", { amount: number; label: string }>
  | Event<"fee", { label: string }>
  | Event<"noted", { label: string }>;

export type BankCommand =
  | { readonly do: "deposit" | "withdraw"; readonly amount: number; readonly label: string }
  | { readonly do: "empty"; readonly label: string };

/** The balance, and the labels in their order: so that a state tells exactly what is in it. */
export interface Account {
  readonly balance: number;
  readonly labels: readonly string[];
}

const NEW: Account = { balance: 0, labels: [] };

function move({ balance, labels }: Account, amount: number, label: string): Account {
  return { balance: balance + amount, labels: [...labels, label] };
}

export const account = defineProjection<Account, BankEvent>({
  name: "account",
  initial: () => NEW,
  on: {
    deposited: (state, { data }) => move(state, data.amount, data.label),
    withdrawn: (state, { data }) => move(state, -data.amount, data.label),
    fee: (state, { data }) => move(state, -1, `${data.label}:fee`),
    noted: (state, { data }) => move(state, 0, data.label),
  },
});

export const bank = defineDecider<Account, BankCommand, BankEvent>({
  name: "bank",
  initial: () => NEW,
  evolve: {
    deposited: (state, { data }) => move(state, data.amount, data.label),
    withdrawn: (state, { data }) => move(state, -data.amount, data.label),
    fee: (state, { data }) => move(state, -1, `${data.label}:fee`),
    noted: (state, { data }) => move(state, 0, data.label),
  },
  decide(command, { balance }) {
    const { label } = command;
    switch (command.do) {
      case "deposit":
        return { type: "deposited", data: { amount: command.amount, label } };
      case "withdraw":
        if (balance < command.amount + 1) throw new Error(`only ${balance} left`);
        return [
          { type: "withdrawn", data: { amount: command.amount, label } },
          { type: "fee", data: { label } },
        ];
      default:
        // Writes nothing on an empty account.
        return balance === 0 ? [] : { type: "withdrawn", data: { amount: balance, label } };
    }
  },
});
