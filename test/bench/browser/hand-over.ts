import { compare } from "../harness.ts";
import { durationRow, type Row } from "../row.ts";
import { appendBatches, openStore, settled, startBare } from "./setting.ts";

const ROUNDS = 30;
const NAME = "handed over";

/** What the next leader waits for, once it has loaded what it needs to take over; both sides are given the time for that. */
const LOCK = `rivulet/${encodeURIComponent(NAME)}/leader`;
const BARE_LOCK = `bare ${NAME}`;

/** The role of a window that this page opens, given in its address. */
const LEADERS = { "#leader": leadStore, "#bare-leader": leadBare } as const;

/** Makes this page the leader that its address asks for, and tells its opener when it is. */
export function leadIfAsked(): void {
  const lead = LEADERS[location.hash as keyof typeof LEADERS] as (() => Promise<void>) | undefined;
  void lead?.().then(() => (opener as Window).postMessage("leading"));
}

async function leadStore(): Promise<void> {
  await appendBatches(await openStore(NAME), 1);
}

async function leadBare(): Promise<void> {
  const bare = startBare();
  await bare.call("stand", NAME);
  await bare.call("write", 1_000);
}

/** From closing the leader's tab until the next leader has written an event. */
export async function benchHandOver(): Promise<Row[]> {
  let ready: (() => Promise<void>) | undefined;
  let tidy = async (): Promise<void> => undefined;

  const prepareStore = async (): Promise<void> => {
    await tidy();
    const leader = await openLeader("#leader");
    const store = await openStore(NAME);
    await store.stream("one").append({ type: "happened" });
    await somebodyWaits(LOCK);
    tidy = () => store.close();
    ready = async () => {
      const taken = new Promise((resolve) => store.onRoleChange(resolve));
      leader.close();
      // Earlier calls may still be answered by the tab that is closing.
      await taken;
      await store.stream("one").append({ type: "happened" });
    };
  };
  const prepareBare = async (): Promise<void> => {
    await tidy();
    const leader = await openLeader("#bare-leader");
    const bare = startBare();
    const standing = bare.call("stand", NAME);
    await somebodyWaits(BARE_LOCK);
    tidy = async () => {
      await bare.call("close");
      bare.terminate();
    };
    ready = async () => {
      leader.close();
      await standing;
    };
  };
  const run = async (): Promise<number> => {
    await ready?.();
    return 1;
  };
  const handOver = await compare(
    "hand-over after the leader's tab closes, up to the next append",
    { prepare: prepareStore, run },
    { prepare: prepareBare, run },
    { against: "the bare lock, pool and database", blocks: ROUNDS },
  );
  await tidy();
  return [durationRow(handOver, 1.3)];
}

async function somebodyWaits(lock: string): Promise<void> {
  for (;;) {
    const { pending = [] } = await navigator.locks.query();
    if (pending.some(({ name }) => name === lock)) break;
    await settled(10);
  }
  // The engine still optimizes the loaded code.
  await settled(300);
}

async function openLeader(hash: keyof typeof LEADERS): Promise<Window> {
  const leading = new Promise<void>((resolve) => {
    addEventListener("message", function hear({ data }) {
      if (data !== "leading") return;
      removeEventListener("message", hear);
      resolve();
    });
  });
  const leader = open(`${location.pathname}${hash}`, "_blank", "popup");
  if (leader === null) throw new Error("the browser opens no windows for this page");
  await leading;
  return leader;
}
