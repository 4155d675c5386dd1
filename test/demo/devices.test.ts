import { openEventStore, type EventStore } from "rivulet";
import { betterSqlite3 } from "rivulet/better-sqlite3";
import { defineDecider } from "rivulet/deciders";
import { follow, type Replica } from "rivulet/sync";
import { createHub, type Hub, type HubOptions } from "rivulet/sync/hub";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { LARGEST_STEP } from "../../demo/counter/commands.ts";
import { counterDecider } from "../../demo/counter/counter-decider.ts";
import { introduce, type Device } from "../../demo/counter/device.ts";
import { PREFIX } from "../../demo/counter/events.ts";
import type { CounterService } from "../../demo/counter/service.ts";
import { openSharedService } from "../../demo/counter/shared-service.ts";
import { createActions, type Act } from "../../demo/page/session/actions.ts";
import { createNotices } from "../../demo/page/session/notices.ts";
import { describe as describeUnconfirmed } from "../../demo/page/sharing/describe.ts";
import { createSharing, type Sharing } from "../../demo/counter/sharing.ts";
import { startProcess } from "../support/child.ts";
import { startDemoServiceWith, type DemoService } from "../support/demo-page.ts";
import { mayBeLeftOut, usePostgres } from "../support/postgres.ts";
import { temporaryPath } from "../support/temporary.ts";

const COFFEE = "counter-cups-of-coffee";
const ADA: Device = { id: "device-of-ada", name: "Ada", kind: "phone" };
const BEN: Device = { id: "device-of-ben", name: "Ben", kind: "program" };

describe("with a hub on better-sqlite3", () => describeDevices(() => ["--file", temporaryPath()]));

describe.skipIf(mayBeLeftOut())("with a hub on PostgreSQL", () => {
  const server = usePostgres();
  let count = 0;
  describeDevices(() => ["--postgres", server().connectionString, "--schema", `counters_${++count}`]);
});

interface OpenDevice {
  readonly store: EventStore;
  readonly replica: Replica;
  readonly service: CounterService;
  readonly sharing: Sharing;
  /** Cuts the connection to the hub, or allows it again. */
  setOffline(offline: boolean): void;
}

/** The behaviour of devices that share the counters of a service. */
function describeDevices(options: () => readonly string[]): void {
  let hub: DemoService;
  /** Called when the program elsewhere has been answered. */
  let answered: () => unknown;

  beforeEach(async () => {
    answered = () => undefined;
    hub = await startDemoServiceWith("--port", "0", ...options());
    return () => hub.stop();
  });

  const post = (path: string, given: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(`${hub.url}api/${path}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(given),
    });

  async function openDevice(device: Device): Promise<OpenDevice> {
    let cut: AbortController | undefined = new AbortController();
    const store = await openEventStore(betterSqlite3());
    const replica = await follow(store, {
      url: `${hub.url}api/sync`,
      headers: () => introduce(device),
      fetch: async (url, init) => {
        if (cut === undefined) throw new TypeError("offline");
        return fetch(url, { ...init, signal: AbortSignal.any([cut.signal, init.signal]) });
      },
      streamPrefixes: [PREFIX],
      deciders: { counter: counterDecider },
    });
    const setOffline = (offline: boolean): void => {
      cut?.abort(new TypeError("offline"));
      cut = offline ? undefined : new AbortController();
      if (!offline) replica.hurry();
    };
    const service = await openSharedService(store, replica, {
      device: device.name,
      async elsewhere(command) {
        await (await post("run", { command, tab: "a program" })).text();
        await answered();
      },
      async apart(task) {
        setOffline(true);
        return task().finally(() => setOffline(false));
      },
    });
    onTestFinished(() => service.close());
    await expect.poll(() => service.counters.state[COFFEE]?.open).toBe(true);
    return { store, replica, service, sharing: createSharing(replica), setOffline };
  }

  const valueOf = ({ service }: OpenDevice): number | undefined => service.counters.state[COFFEE]?.value;

  test("what one does arrives at the other, with the name of the device; offline it is pending, and counts once online", async () => {
    const [ada, ben] = [await openDevice(ADA), await openDevice(BEN)];
    await ada.service.run({ type: "add", stream: COFFEE, by: 3 }, "Otter");
    await expect.poll(() => valueOf(ben)).toBe(3);
    ada.setOffline(true);
    await ada.service.run({ type: "add", stream: COFFEE, by: 4 }, "Otter");
    await ben.service.run({ type: "undo", stream: COFFEE }, "Heron");

    expect(valueOf(ada)).toBe(7);
    await expect.poll(() => ada.sharing.state.pending).toMatchObject([{ stream: COFFEE, tab: "Otter", events: 1 }]);
    await ben.replica.flush();
    expect(valueOf(ben)).toBe(0);
    ada.setOffline(false);

    for (const device of [ada, ben]) await expect.poll(() => valueOf(device)).toBe(4);
    await expect.poll(() => ada.sharing.state.pending).toEqual([]);
    expect((await ben.service.log({ skip: 1, limit: 10 })).map(({ metadata }) => metadata)).toEqual([
      { tab: "Otter", device: "Ada" },
      { tab: "Heron", device: "Ben" },
      { tab: "Otter", device: "Ada" },
    ]);
  });

  test.each(["undo", "redo"] as const)(
    "%s offline is of the change that the device showed, whatever the hub has decided since",
    async (type) => {
      const [ada, ben] = [await openDevice(ADA), await openDevice(BEN)];
      for (const by of [1, 10]) await ada.service.run({ type: "add", stream: COFFEE, by }, "Otter");
      if (type === "redo")
        for (const by of [1, 2]) await ada.service.run({ type: "undo", stream: COFFEE }, `tab ${by}`);
      await ada.replica.flush();
      await expect.poll(() => valueOf(ben)).toBe(type === "undo" ? 11 : 0);
      ben.setOffline(true);
      await Promise.all([1, 2].map(() => ben.service.run({ type, stream: COFFEE }, "Heron")));
      await expect.poll(() => valueOf(ben)).toBe(type === "undo" ? 0 : 11);
      await expect
        .poll(() => ben.sharing.state.pending.map((one) => describeUnconfirmed(one, ben.service.counters.state, [])))
        .toEqual([1, 2].map(() => `${type === "undo" ? "Undo" : "Redo"} in Cups of coffee`));
      await ada.service.run({ type: "add", stream: COFFEE, by: 100 }, "Otter");
      await ada.replica.flush();

      ben.setOffline(false);
      await ben.replica.flush();

      for (const device of [ada, ben]) await expect.poll(() => valueOf(device)).toBe(type === "undo" ? 100 : 111);
      expect(ben.sharing.state.refused).toEqual([]);
    },
  );

  test("what a device did is taken back alone, before and after the hub has decided it", async () => {
    const [ada, ben] = [await openDevice(ADA), await openDevice(BEN)];
    ada.setOffline(true);
    const event = await ada.service.run({ type: "add", stream: COFFEE, by: 3 }, "Otter");
    const undone = await ada.service.run({ type: "take-back", stream: COFFEE, event }, "Otter");
    await expect.poll(() => valueOf(ada)).toBe(0);
    await ada.service.run({ type: "take-back", stream: COFFEE, event: undone }, "Otter");
    await expect.poll(() => valueOf(ada)).toBe(3);
    await ben.service.run({ type: "add", stream: COFFEE, by: 50 }, "Heron");
    await ben.replica.flush();
    ada.setOffline(false);
    await ada.replica.flush();

    await ada.service.run({ type: "take-back", stream: COFFEE, event }, "Otter");
    for (const device of [ada, ben]) await expect.poll(() => valueOf(device)).toBe(50);
    await expect(ada.service.run({ type: "take-back", stream: COFFEE, event }, "Otter")).rejects.toThrow(
      "cannot be undone any more",
    );
    expect(ada.sharing.state.refused).toEqual([]);
  });

  test("a random walk and a conflict of a device are each taken back as one, also before the hub has seen all of it", async () => {
    const [ada, ben] = [await openDevice(ADA), await openDevice(BEN)];
    ada.setOffline(true);
    await ada.service.appendMany(COFFEE, 700, { tab: "Otter", act: "walk" });
    await ben.service.run({ type: "add", stream: COFFEE, by: 100 }, "Heron");
    await ben.replica.flush();
    await ada.service.run({ type: "take-back", stream: COFFEE, event: "walk" }, "Otter");
    await expect.poll(() => valueOf(ada)).toBe(0);
    ada.setOffline(false);
    for (const device of [ada, ben]) await expect.poll(() => valueOf(device)).toBe(100);

    await ada.service.conflict(COFFEE, { tab: "Otter", act: "conflict" });
    await ada.service.run({ type: "take-back", stream: COFFEE, event: "conflict" }, "Otter");
    // What the program added stays.
    for (const device of [ada, ben]) await expect.poll(() => valueOf(device)).toBe(101);
    expect(ada.sharing.state.refused).toEqual([]);
  });

  test("a command that the hub refuses is kept with its reason until it is tried again or discarded", async () => {
    const [ada, ben] = [await openDevice(ADA), await openDevice(BEN)];
    ada.setOffline(true);
    await ada.service.run({ type: "add", stream: COFFEE, by: 1 }, "Otter");
    await ada.service.run({ type: "open", label: "Birds" }, "Otter");
    await ben.service.run({ type: "open", label: "Birds" }, "Heron");
    await ben.service.run({ type: "remove", stream: COFFEE }, "Heron");
    await ben.replica.flush();

    ada.setOffline(false);

    await expect
      .poll(() => ada.sharing.state.refused)
      .toMatchObject([
        { stream: COFFEE, command: { type: "add", by: 1 }, refused: expect.stringContaining("was removed") as string },
        { command: { type: "open", label: "Birds" }, refused: "There is a counter named “Birds” already." },
      ]);
    const [add, open] = ada.sharing.state.refused;
    await ada.sharing.discard(open?.id as string);
    await ben.service.run({ type: "open", label: "Cups of coffee" }, "Heron");
    await ben.replica.flush();
    await ada.sharing.retry(add?.id as string);
    await expect.poll(() => valueOf(ben)).toBe(1);
    await expect.poll(() => ada.sharing.state).toMatchObject({ pending: [], refused: [] });
  });

  test("two devices that change a counter apart both count, and the story of it is true", async () => {
    const ada = await openDevice(ADA);
    const { expected, winner, actual, unseen, retried } = await ada.service.conflict(COFFEE, { tab: "Otter" });
    expect([expected, winner, actual, retried]).toEqual([1, 2, 2, 3]);
    expect(unseen).toMatchObject([{ version: 2, data: { by: 1 }, metadata: { tab: "a program" } }]);
    expect(valueOf(ada)).toBe(11);
  });

  test("a conflict that waits for a hub that is gone is taken back, and nothing waits behind it", async () => {
    const ada = await openDevice(ADA);
    answered = () => hub.stop();
    const ways = { follow: <Result>(_: unknown, give: (onStored: () => void) => Promise<Result>) => give(() => {}) };
    const actions = createActions(ada.service, { tab: "Otter", notices: createNotices(), ways, isFrozen: () => false });
    const controller = new AbortController();
    const { signal } = controller;
    let acting: Promise<unknown> = Promise.resolve();
    await new Promise<void>((resolve) => {
      const act: Act<unknown> = (sender, wrote) =>
        ada.service.conflict(COFFEE, sender, { signal, onWritten: () => [wrote, resolve].forEach((tell) => tell()) });
      acting = actions.act(COFFEE, act, { stop: () => controller.abort(new Error("undone")) });
    });
    expect(valueOf(ada)).toBe(10);

    await Promise.all([actions.undo(), expect(acting).rejects.toThrow("undone")]);

    await expect.poll(() => valueOf(ada)).toBe(0);
    expect(await actions.run({ type: "add", stream: COFFEE, by: 5 })).toBe(true);
    await expect.poll(() => valueOf(ada)).toBe(5);
    expect(ada.sharing.state.pending.map(({ command }) => command?.type)).toEqual(["add", "take-back", "add"]);
  });

  test("many events are appended offline, and arrive in their order; a counter that was removed takes none", async () => {
    const [ada, ben] = [await openDevice(ADA), await openDevice(BEN)];
    ada.setOffline(true);
    await ada.service.appendMany(COFFEE, 1_200, { tab: "Otter" });
    await expect.poll(() => ada.sharing.state.pending.map(({ events }) => events)).toEqual([500, 500, 200]);
    const value = valueOf(ada);
    ada.setOffline(false);
    await expect.poll(() => ben.service.logSize({})).toBe(1_201);
    await expect.poll(() => valueOf(ben)).toBe(value);

    ada.setOffline(true);
    await ada.service.appendMany(COFFEE, 10, { tab: "Otter" });
    await ben.service.run({ type: "remove", stream: COFFEE }, "Heron");
    await ben.replica.flush();
    ada.setOffline(false);
    await expect
      .poll(() => ada.sharing.state.refused)
      .toMatchObject([{ events: 10, refused: "There is no such counter." }]);
  });

  test("the service tells who is connected, and takes nothing from whoever does not say who they are or sends what no counter knows", async () => {
    const answer = await fetch(`${hub.url}api/devices`);
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let heard = "";
    const told = async (list: string): Promise<void> => {
      while (!heard.endsWith(`data: {"state":${list}}\n\n`)) {
        heard = (heard + ((await reader?.read())?.value ?? "")).replaceAll(/,"position":\d+/g, "");
      }
    };
    await told("[]");
    const ada = await openDevice(ADA);
    await told(JSON.stringify([ADA]));
    const ben = await openDevice(BEN);
    await told(JSON.stringify([ADA, BEN]));
    ada.setOffline(true);
    await told(JSON.stringify([BEN]));
    await reader?.cancel();

    const pull = { protocol: 1, lineage: null, items: [], live: true };
    expect((await post("sync/pull", pull)).status).toBe(401);
    expect((await post("sync/pull", pull, { ...introduce(ADA), "device-name": "<b>" })).status).toBe(401);
    expect((await post("sync/pull", pull, introduce(ADA))).status).toBe(400);
    const command = (stream: string, given: unknown): Promise<{ id: string }> =>
      ben.replica.stream(stream).execute("counter", given);
    await expect(command(COFFEE, { type: "add", stream: COFFEE, by: 0.5 })).rejects.toThrow("whole numbers");
    for (const [stream, given] of [
      ["counter-tea", { type: "open", label: "Coffee" }],
      [COFFEE, { type: "add", stream: COFFEE, by: LARGEST_STEP + 1 }],
      [COFFEE, { type: "add", stream: "counter-tea", by: 1 }],
    ] as const) {
      await command(stream, given);
    }
    await ben.replica.stream(COFFEE).append({ type: "opened", data: { label: "Tea" } });
    await expect
      .poll(() => ben.sharing.state.refused.map(({ refused }) => refused))
      .toEqual([
        "This command is for another counter.",
        "A counter has no such command.",
        "This command is for another counter.",
        "A counter has no such event.",
      ]);
    const counters = (await (await fetch(`${hub.url}api/counters`)).json()) as object;
    expect(Object.keys(counters)).toEqual([COFFEE]);
  });

  test("the example presses a counter from a terminal, and prints what others press", async () => {
    const terminal = startProcess(process.execPath, [
      ...[".build/demo/examples/shared-counter.js", "--hub", `${hub.url}api/sync`],
      ...["--presses", "2", "--name", "Desk"],
    ]);
    await terminal.line("press 2 is confirmed");
    await post("run", { command: { type: "add", stream: COFFEE, by: 5 }, tab: "curl" });
    await terminal.line('4 incremented {"by":5} by curl');
    terminal.interrupt();

    const { code, lines } = await terminal.ended;
    expect(code).toBe(0);
    expect(lines).toContain('2 incremented {"by":1} by Desk');
  });
}

/** A device in this process, whose hub is given; `cut` is thrown in place of every answer. */
async function followIn(
  hub: Hub,
  cut: () => Error | undefined = () => undefined,
): Promise<Omit<OpenDevice, "setOffline">> {
  const store = await openEventStore(betterSqlite3());
  const replica = await follow(store, {
    url: "http://hub.test/sync",
    async fetch(url, init) {
      const error = cut();
      if (error !== undefined) throw error;
      return hub.fetch(new Request(url, init));
    },
    streamPrefixes: [PREFIX],
    deciders: { counter: counterDecider },
  });
  const apart = <Result>(task: () => Promise<Result>): Promise<Result> => task();
  const service = await openSharedService(store, replica, { device: "Ada", elsewhere: async () => undefined, apart });
  onTestFinished(() => service.close());
  return { store, replica, service, sharing: createSharing(replica) };
}

async function openHub(options: Partial<HubOptions<string>>): Promise<Hub> {
  const store = await openEventStore(betterSqlite3());
  onTestFinished(() => store.close());
  return createHub(store, { authenticate: () => ADA.id, ...options });
}

test("what the hub refuses has the name that was typed, also if there never was such a counter", async () => {
  let cut: Error | undefined = new TypeError("offline");
  const hub = await openHub({ mayExecute: () => "No.", deciders: { counter: counterDecider } });
  const { service, sharing, replica } = await followIn(hub, () => cut);
  const stream = "counter-long-walk";
  await service.run({ type: "open", label: " Long Walk" }, "Otter");
  await service.run({ type: "add", stream, by: 2 }, "Otter");
  await service.run({ type: "remove", stream }, "Otter");
  const described = (which: "pending" | "refused"): readonly string[] =>
    sharing.state[which].map((one) => describeUnconfirmed(one, service.counters.state, sharing.state[which]));
  const names = ["New counter “Long Walk”", "Add 2 to Long Walk", "Remove Long Walk"];
  await expect.poll(() => described("pending")).toEqual(names);
  cut = undefined;
  replica.hurry();
  await expect.poll(() => described("refused")).toEqual(names);
  expect(service.counters.state).toEqual({});
});

test.each<[string, { readonly events?: number; readonly refusal?: string }, readonly (string | undefined)[]]>([
  ["an event", { events: 1 }, ["incremented"]],
  ["that nothing happened", { events: 0 }, []],
  ["a refusal", { refusal: "No." }, [undefined]],
])("when the hub decides %s, the page is told just that", async (_what, { events = 1, refusal }, told) => {
  const hub = await openHub({
    mayExecute: () => refusal ?? true,
    deciders: {
      counter: defineDecider({
        ...{ name: "counter", initial: () => 0, evolve: (count: number) => count },
        decide: () => Array.from({ length: events }, () => ({ type: "incremented", data: { by: 1 } })),
      }),
    },
  });
  const { service, replica } = await followIn(hub);
  const heard: (string | undefined)[] = [];
  await service.run({ type: "open", label: "Tea" }, "Otter", (event) => heard.push(event?.type));
  await expect.poll(() => replica.pending()).toEqual([]);
  await expect.poll(() => heard).toEqual(told);
});
