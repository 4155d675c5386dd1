import { createCondition } from "../async/condition.ts";
import { memory, openEventStore } from "../index.ts";
import type { Decider, Event, NewEvent, Projection } from "../index.ts";
import { follow, type Replica } from "../sync/index.ts";
import { mustBe } from "../errors.ts";
import { checkList, equal } from "./assert.ts";
import { createTestHub } from "./test-hub.ts";
import { checkOptions, verbOf } from "../validate.ts";

/** An example for a decider whose commands are executed on a device that is offline, while others go to the hub. */
export interface OfflineExample<State, Command, E extends Event> {
  /** The earlier events of the stream, which the device has; default: none. */
  readonly given?: readonly NewEvent<E>[];
  /** The commands on the device, in order. The decider must accept each of them there. */
  readonly offline: readonly Command[];
  /** Commands that the hub executes before it hears of the device's; default: none. */
  readonly meanwhile?: readonly Command[];
  /** The state that the device shows before it is online again; not compared if it is left out. */
  readonly shown?: State;
  /** The state in the end, on the device and at the hub. */
  readonly expected: State;
  /** Parts of the messages with which the device's commands are refused, in order; default: none is refused. */
  readonly rejected?: readonly string[];
}

/**
 * Checks what becomes of commands that were executed offline, with a hub and a device in memory. Rejects with an `Error` that says how
 * a state or the refusals differ from the expected ones.
 *
 * @throws `invalid-argument`; the errors of `execute`, on the device or at the hub, such as `projection-failed`; what the
 * decider throws there.
 * @example
 * ```ts
 * await checkOffline(withdrawal, balance, {
 *   given: [{ type: "deposited", data: { amount: 100 } }],
 *   offline: [{ withdraw: 80 }],
 *   meanwhile: [{ withdraw: 50 }],
 *   shown: 20, expected: 50, rejected: ["insufficient funds"] });
 * ```
 */
export async function checkOffline<State, Command, E extends Event, DeciderState>(
  decider: Decider<DeciderState, Command, E>,
  projection: Projection<State, E>,
  example: OfflineExample<NoInfer<State>, NoInfer<Command>, E>,
): Promise<void> {
  checkOptions(example, ["given", "offline", "meanwhile", "shown", "expected", "rejected"], "example");
  verbOf(decider, "execute", "decider", "defineDecider");
  const { given = [], offline, meanwhile = [], expected, rejected = [] } = example;
  for (const [name, list] of Object.entries({ given, offline, meanwhile, rejected })) checkList(list, name);
  if (!rejected.every((part) => typeof part === "string")) throw mustBe("rejected", "a list of parts of messages");
  const deciders = { given: decider };
  const hub = await createTestHub({ deciders });
  const store = await openEventStore(memory());
  const atHub = hub.store.stream<E>("given");
  if (given.length > 0) await atHub.append(given);
  const replica = await follow(store, { url: hub.url, fetch: hub.fetch, streams: ["given"], deciders });
  try {
    const device = replica.stream<E>("given");
    await until(replica, async () => replica.status.connection === "live" && (await store.head()) === given.length);
    hub.offline();
    for (const command of offline) await device.execute("given", command);
    if ("shown" in example)
      equal((await device.load(projection)).state, example.shown, "the state that is shown offline");
    for (const command of meanwhile) await atHub.execute(decider, command);
    hub.online();
    replica.hurry();
    await replica.flush();
    const head = await hub.store.head();
    await until(replica, async () => (await store.head()) === head);
    equal((await atHub.load(projection)).state, expected, "the state at the hub");
    equal((await device.load(projection)).state, expected, "the state on the device");
    const reasons = (await replica.rejected()).map((item) => item.rejected?.message ?? "");
    const differ =
      reasons.length !== rejected.length || !rejected.every((part, index) => reasons[index]?.includes(part));
    equal(differ ? reasons : rejected, rejected, "the refusals");
  } finally {
    await replica.close();
    await store.close();
    await hub.close();
  }
}

/** Resolves once a condition holds, which is checked whenever the replica tells of a change. */
async function until(replica: Replica, holds: () => Promise<boolean>): Promise<void> {
  const changes = createCondition();
  let count = 0;
  const stop = replica.subscribe(() => {
    count += 1;
    changes.notify();
  });
  for (let seen = -1; !(await holds()); seen = count) if (seen === count) await changes.wait();
  stop();
}
