import type { StoredEvent } from "rivulet";
import type { ShownEvent } from "rivulet/sync";
import { account, bank, type Account, type BankCommand, type BankEvent } from "./bank.ts";
import { STREAMS, type Device } from "./world.ts";

/** What a device shows is its confirmed events, with its pending commands decided on top: as this simple fold does it. */
export async function checkPending({ observer, number }: Device, stream: string): Promise<void> {
  const events = (await observer.store.stream(stream).read().toArray()) as StoredEvent<BankEvent>[];
  const stored = new Set(events.map(({ id }) => id));
  let expected = fold(events);
  let count = 0;
  for (const { entry, id } of await observer.replica.pending()) {
    if (entry.kind === "command" && entry.stream === stream) {
      count += 1;
      const command = JSON.parse(entry.command as string) as BankCommand;
      expected = decide(command, expected);
      if (stored.has(id)) throw new Error(`device ${number}: ${command.label} is pending, and confirmed`);
    } else if (entry.kind === "append") {
      const own = entry.entries.filter((one) => one.stream === stream).flatMap((one) => one.events);
      count += own.length > 0 ? 1 : 0;
      for (const { id: eventId, data } of own) {
        if (stored.has(eventId)) throw new Error(`device ${number}: ${eventId} is pending, and confirmed`);
        const { label } = JSON.parse(data as string) as { label: string };
        expected = { ...expected, labels: [...expected.labels, label] };
      }
    }
  }
  const { state, pending } = await observer.replica.stream(stream).load(account);
  same({ state, pending }, { state: expected, pending: count }, `device ${number}: what is shown of ${stream}`);
  // Whatever it still has to do, it does now: no time passes.
  await new Promise(setImmediate);
  const live = observer.live[stream];
  same(
    { state: live?.state, pending: live?.pending, error: live?.error },
    { state: expected, pending: count, error: undefined },
    `device ${number}: what a live projection shows of ${stream}`,
  );
}

function decide(command: BankCommand, before: Account): Account {
  try {
    const made = bank._rivulet.decide(command, before, () => "an-id") as readonly BankEvent[];
    return fold(made, before);
  } catch {
    return before;
  }
}

export function fold(
  events: readonly (BankEvent | StoredEvent<BankEvent>)[],
  from: Account = account.initial(),
): Account {
  return events.reduce<Account>((state, event) => account._rivulet.step(state, event as StoredEvent), from);
}

/** Every way to look at a device shows the same: reads, watches and states, of each stream and of all that are followed. */
export async function checkShown({ observer, number }: Device): Promise<void> {
  const { replica, store, watched, all } = observer;
  const found = await replica.read().toArray();
  const shown = found as readonly ShownEvent<BankEvent>[];
  const where = `device ${number}:`;
  for (const stream of STREAMS) {
    const read = await replica.stream<BankEvent>(stream).read().toArray();
    const confirmed = await store.stream(stream).read().toArray();
    const what = `${where} what is read of ${stream}`;
    same(read.slice(0, confirmed.length), confirmed, what);
    same(
      read.map(({ version }) => version),
      read.map((_event, index) => index + 1),
      `${what}, its versions`,
    );
    same(
      read.map(isPending),
      read.map((_event, index) => index >= confirmed.length),
      `${what}, what is pending`,
    );
    same((await replica.stream(stream).load(account)).state, fold(read), `${what}, and its state`);
    const among = shown.filter((event) => event.stream === stream);
    if (among.length > 0) same(among.map(contentOf), read.map(contentOf), `${what}, and among all`);
    await atRest();
    const { confirmed: given, pending, error } = watched[stream] as NonNullable<(typeof watched)[string]>;
    same({ given, error }, { given: confirmed, error: undefined }, `${where} what a watch has given of ${stream}`);
    same(
      pending.map(contentOf),
      read.slice(confirmed.length).map(contentOf),
      `${where} what a watch shows of ${stream}`,
    );
  }
  const positions = found.map(({ position }) => position);
  same(
    positions,
    [...new Set(positions)].sort((one, other) => one - other),
    `${where} the positions of all`,
  );
  const { state, pending } = await replica.load(account);
  same(state, fold(shown), `${where} the state of all`);
  await atRest();
  same(
    { state: all.state, pending: all.pending, error: all.error },
    { state, pending, error: undefined },
    `${where} what a live projection of all shows`,
  );
}

/** Whatever still has to be done is done now: no time passes. */
async function atRest(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
}

function isPending({ pending }: ShownEvent): boolean {
  return pending === true;
}

/** A position is provisional, and another one among all streams. */
function contentOf(event: ShownEvent): unknown {
  return { ...event, position: undefined };
}

export function same(found: unknown, expected: unknown, what: string): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what}:\n  found    ${one}\n  expected ${other}`);
}
