import * as fc from "fast-check";
import type { StoredEvent } from "rivulet";
import { account, type BankCommand, type BankEvent } from "./bank.ts";
import { checkPending, checkShown, fold, same } from "./check-shown.ts";
import { FINE } from "./network.ts";
import { createWorld, STREAMS, type Accepted, type Device, type World, type WorldOptions } from "./world.ts";

const WEIGHTS = {
  command: 12,
  append: 3,
  elsewhere: 8,
  "kill tab": 1,
  "open tab": 2,
  "kill hub": 1,
  "start hub": 2,
  offline: 2,
  online: 3,
  forbid: 1,
  allow: 1,
  follow: 2,
  unfollow: 1,
  check: 2,
} as const;

/** How often each thing happens, where that is other than usual. */
export type Weights = Partial<Record<Step["kind"], number>>;

/** One thing that happens; what its numbers mean depends on its kind. */
interface Step {
  readonly kind: keyof typeof WEIGHTS | "back up" | "restore";
  readonly device: number;
  readonly tab: number;
  readonly stream: number;
  readonly amount: number;
  readonly pause: number;
}

export interface Story {
  readonly seed: number;
  readonly onSqlite: boolean;
  /** How rough it is: 0 for a network and processes without any trouble. */
  readonly roughness: number;
  /** Whether more is withdrawn than there is, so that the hub refuses what a device has accepted. */
  readonly poor: boolean;
  readonly steps: readonly Step[];
}

export function stories(restores: boolean, weights: Weights = {}): fc.Arbitrary<Story> {
  const all = { ...WEIGHTS, ...(restores && { "back up": 3, restore: 2 }), ...weights };
  const kinds = Object.entries(all).map(([kind, weight]) => ({ weight, arbitrary: fc.constant(kind as Step["kind"]) }));
  return fc.record({
    seed: fc.integer(),
    onSqlite: restores ? fc.constant(true) : fc.boolean(),
    roughness: fc.constantFrom(0, 1, 1, 2),
    poor: fc.boolean(),
    steps: fc.array(
      fc.record({
        kind: fc.oneof(...kinds),
        device: fc.nat(1),
        tab: fc.nat(1),
        stream: fc.constantFrom(0, 0, 0, 0, 1, 2, 3),
        amount: fc.integer({ min: 1, max: 9 }),
        pause: fc.constantFrom(0, 1, 10, 60, 300, 1_500, 6_000),
      }),
      { minLength: 10, maxLength: 70, size: "max" },
    ),
  });
}

/** Plays a story, lets everything come to rest, and throws if a promise is broken. */
export async function play(
  story: Story,
  faults: WorldOptions["faults"] = {},
  openHub?: WorldOptions["openHub"],
): Promise<void> {
  const { seed, onSqlite, roughness, poor, steps } = story;
  const world = await createWorld({ seed, devices: 2, tabs: 2, onSqlite, faults, openHub });
  await world.time.run(100);
  world.weather = { lost: 4 * roughness, doubled: 15 * roughness, cut: 6 * roughness, delay: 80 };
  world.chaos = { deaths: 4 * roughness, delays: 25 * roughness };
  let history: readonly StoredEvent<BankEvent>[] = [];
  for (const [index, step] of steps.entries()) {
    await take(world, step, `c${index}`, poor);
    await world.time.run(step.pause);
    const now = await world.eventsAtHub();
    if (step.kind !== "restore") same(now.slice(0, history.length), history, "the hub's history has changed");
    history = now;
  }
  await rest(world);
  for (const device of world.devices) await checkDevice(world, device);
}

async function take(
  world: World,
  { kind, device: number, tab, stream: at, amount }: Step,
  label: string,
  poor: boolean,
): Promise<void> {
  const device = world.devices[number] as Device;
  const stream = STREAMS[at] as string;
  switch (kind) {
    case "command":
      return world.command(device, tab, stream, commandOf(amount, label, poor));
    case "append": {
      const { version } = await device.observer.replica.stream(stream).load(account);
      return world.append(device, tab, stream, label, amount > 3 ? version : "any");
    }
    case "elsewhere":
      // At about the time at which the hub decides what a device has just sent.
      return world.time.at(amount * 6, () => world.atHub(stream, commandOf(10 - amount, label, poor)));
    case "kill tab":
      return device.tabs[tab]?.process.kill();
    case "open tab":
      return world.openTab(device, tab);
    case "kill hub":
      return world.killHub();
    case "start hub":
      return world.startHub();
    case "offline":
    case "online":
      device.offline = kind === "offline";
      return;
    case "forbid":
      world.withheld.add(stream);
      return void device.forbidden.add(stream);
    case "allow":
      return void device.forbidden.delete(stream);
    case "follow":
      device.follows.push({ kind: "stream", name: stream });
      // Taken up by tabs that are opened from now on.
      device.tabs[tab]?.process.kill();
      return world.openTab(device, tab);
    case "unfollow":
      return unfollow(device, stream);
    case "back up":
      return world.backUp();
    case "restore":
      return world.restore();
    case "check":
      await checkPending(device, stream);
      return checkShown(device);
    default:
      return;
  }
}

/** Whatever happens to the device's own processes meanwhile: unfollowing is one step of its storage. */
async function unfollow(device: Device, stream: string): Promise<void> {
  const prefix = stream.startsWith("account-");
  const own = { ...(prefix ? { streamPrefixes: ["account-"] } : { streams: [stream] }), discardPending: true };
  const kept = device.follows.filter(({ name }) => (prefix ? !name.startsWith("account-") : name !== stream));
  device.follows.splice(0, Infinity, ...kept);
  for (const name of STREAMS) if (name === stream || (prefix && name.startsWith("account-"))) device.left.add(name);
  await device.observer.replica.unfollow(own);
}

function commandOf(amount: number, label: string, poor: boolean): BankCommand {
  if (amount === 9) return { do: "empty", label };
  const deposits = poor ? 3 : 5;
  if (amount <= deposits) return { do: "deposit", amount, label };
  return { do: "withdraw", amount: poor ? amount - deposits : (amount - deposits) * 2, label };
}

/** Ends all trouble, and waits until nothing is on its way. */
async function rest(world: World): Promise<void> {
  const { time, devices } = world;
  world.weather = FINE;
  world.chaos = { deaths: 0, delays: 0 };
  // A call that is delayed by then may still end its process.
  await time.run(100);
  await world.startHub();
  for (const device of devices) {
    device.offline = false;
    device.forbidden.clear();
    for (const tab of [0, 1]) await world.openTab(device, tab);
  }
  // What was withheld of a prefix is noticed with the next event of its stream.
  for (const stream of world.withheld) world.atHub(stream, { do: "deposit", amount: 1, label: `last of ${stream}` });
  // Long enough for the longest pauses, and for whatever was silently lost.
  await time.run(120_000);
  for (const device of devices) {
    for (let waited = 0; (await isBusy(device)) && waited < 20; waited++) await time.run(30_000);
  }
}

async function isBusy(device: Device): Promise<boolean> {
  return statusOf(device) !== "stopped" && (await device.observer.replica.pending()).length > 0;
}

/** The status of the tab that speaks with the hub. */
function statusOf(device: Device): string {
  const all = device.tabs.map((tab) => tab?.replica?.status.connection ?? "missing");
  return all.find((one) => one !== "waiting" && one !== "missing") ?? "missing";
}

async function checkDevice(world: World, device: Device): Promise<void> {
  const pending = await device.observer.replica.pending();
  const rejected = await device.observer.replica.rejected();
  const status = statusOf(device);
  const errors = device.tabs.map((tab) => tab?.replica?.status.error);
  const where = `device ${device.number} (${status})`;
  for (const stream of STREAMS) await checkPending(device, stream);
  await checkShown(device);
  if (status === "stopped") {
    const codes = errors.map((error) => (error as { code?: string } | undefined)?.code);
    if (world.restored === 0)
      throw new Error(`${where}: stopped with ${codes.join()}: ${String(errors.find(Boolean))}`);
    if (!codes.includes("hub-changed")) throw new Error(`${where}: ${codes.join()}`);
  } else if (status !== (device.follows.length === 0 ? "offline" : "live"))
    throw new Error(`${where}: not live: ${String(errors.find(Boolean))}`);

  const stopped = status === "stopped";
  const here = (await device.observer.store.read().toArray()) as StoredEvent<BankEvent>[];
  if (!stopped) {
    same(pending, [], `${where}: still pending`);
    for (const stream of STREAMS) {
      if (!device.follows.some(({ kind, name }) => (kind === "stream" ? name === stream : stream.startsWith(name))))
        continue;
      const own = here.filter((event) => event.stream === stream).map(withoutPosition);
      same(own, (await world.eventsAtHub(stream)).map(withoutPosition), `${where}: ${stream} differs from the hub's`);
      const { state } = await device.observer.replica.stream(stream).load(account);
      same(state, fold(await world.eventsAtHub(stream)), `${where}: the state of ${stream} differs from the hub's`);
    }
  }
  const atHub = await world.eventsAtHub();
  for (const stream of device.left) {
    const own = here.filter((event) => event.stream === stream).map(withoutPosition);
    const beginning = atHub.filter((event) => event.stream === stream).slice(0, own.length);
    if (world.restored === 0) same(own, beginning.map(withoutPosition), `${where}: ${stream} was left, and differs`);
  }
  for (const one of world.accepted.filter((each) => each.device === device.number)) {
    await checkAccepted(world, one, {
      here,
      atHub,
      pending: pending.map(({ id }) => id),
      rejected: rejected.map(({ id }) => id),
      stopped,
      where,
      left: device.left.has(one.stream),
    });
  }
  for (const label of world.asked) times(atHub, label, where);
  for (const { data, version } of atHub) {
    const expected = world.expected.get(data.label);
    if (expected !== undefined && version !== expected + 1)
      throw new Error(`${data.label} expected version ${expected}`);
  }
  if (world.restored === 0) checkOrder(device, atHub, where);
  for (const stream of STREAMS) checkBalance(atHub.filter((event) => event.stream === stream));
}

/** Everything that a device has accepted is at the hub once, or rejected with a reason. */
async function checkAccepted(
  world: World,
  { label, id, stream, said, mayBeNothing }: Accepted,
  found: {
    readonly here: readonly StoredEvent<BankEvent>[];
    readonly atHub: readonly StoredEvent<BankEvent>[];
    readonly pending: readonly string[];
    readonly rejected: readonly string[];
    readonly stopped: boolean;
    readonly where: string;
    readonly left: boolean;
  },
): Promise<void> {
  const { here, atHub, pending, rejected, stopped, where, left } = found;
  const confirmed = times(atHub, label, where) > 0;
  const refused = rejected.includes(id);
  const nothing = (await world.resultAtHub(id))?.includes("nothing") === true;
  const arrived = here.some((event) => event.data.label === label);
  if (confirmed && refused && world.restored === 0) throw new Error(`${where}: ${label} is rejected, and at the hub`);
  // It was discarded, or may have been.
  if (left) return;
  const kept = stopped ? arrived || pending.includes(id) || refused || nothing : confirmed || refused || nothing;
  // A copy of a hub does not have the results of later commands that wrote nothing, and a device not the events that are withheld.
  if (!kept && !(world.restored > 0 && (mayBeNothing || world.withheld.has(stream))))
    throw new Error(`${where}: ${label} was accepted, and is lost`);
  if (world.restored > 0) return;
  if (said === "confirmed" && !confirmed && !nothing) throw new Error(`${where}: ${label} was said to be confirmed`);
  if (said === "rejected" && !refused) throw new Error(`${where}: ${label} was said to be rejected`);
}

/** The hub has taken what a device did in one stream in the order in which it was done. */
function checkOrder({ queued }: Device, atHub: readonly StoredEvent<BankEvent>[], where: string): void {
  for (const stream of STREAMS) {
    const found = queued.flatMap((id) => atHub.find((event) => event.id === id || event.id === `id-${id}`) ?? []);
    const positions = found.filter((event) => event.stream === stream).map(({ position }) => position);
    const sorted = [...positions].sort((one, other) => one - other);
    same(positions, sorted, `${where}: the order of ${stream} at the hub is another than that in which it was queued`);
  }
}

/** Whatever was decided was decided on the state that it was appended to. */
function checkBalance(events: readonly StoredEvent<BankEvent>[]): void {
  let balance = 0;
  for (const event of events) {
    balance = fold([event], { balance, labels: [] }).balance;
    if (balance < 0) throw new Error(`${event.data.label} was not decided on the state that it was appended to`);
  }
}

/** How often a command's events are at the hub. Throws if that is more than once. */
function times(atHub: readonly StoredEvent<BankEvent>[], label: string, where: string): number {
  const own = atHub.filter(({ data }) => data.label === label).map(({ type }) => type);
  if (new Set(own).size < own.length) throw new Error(`${where}: ${label} is at the hub as ${own.join()}`);
  return own.length;
}

function withoutPosition(event: StoredEvent<BankEvent>): unknown {
  return { ...event, position: undefined };
}
