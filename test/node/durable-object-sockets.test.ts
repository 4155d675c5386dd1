/** Watchers over WebSockets, whose object hibernates or is evicted while they follow. */
import { describe, expect, onTestFinished, test } from "vitest";
import { scriptPath, startProcess, type Child } from "../support/child.ts";
import { blockWith } from "../support/documents.ts";
import { commandOf } from "../support/runtimes.ts";
import { startWorkerd, type Workerd } from "../support/workerd.ts";

/** workerd lets an object hibernate that had no event for ten seconds, in milliseconds. */
const BEYOND_HIBERNATION = 10_500;

async function start(worker = "sockets", className = "Followed", source?: string): Promise<Workerd> {
  const workerd = await startWorkerd(worker, className, source);
  onTestFinished(workerd.close);
  return workerd;
}

async function follow({ origin }: Workerd): Promise<Child> {
  const [program, ...args] = commandOf("Node 24");
  const url = `${origin.replace("http", "ws")}/followed`;
  const child = startProcess(program, [...args, scriptPath("follow-socket"), url]);
  await child.line("watching");
  return child;
}

/** What a follower prints, as it comes. */
function linesOf(child: Child): readonly string[] {
  const lines: string[] = [];
  child.onLine((line) => lines.push(line));
  return lines;
}

test("the documented object is followed over WebSockets, and its clients append", async () => {
  const code = blockWith("js", "serveWebSockets");
  const follower = await follow(await start("readme", "Visits", code.replaceAll("env.VISITS", "env.STORES")));
  follower.send("visited");
  await follower.line("event 1 visited");
});

describe("clients that follow an object over WebSockets", () => {
  test("get each event once, also events appended after the object has hibernated, over the same socket", async () => {
    const workerd = await start();
    const first = await workerd.ask("/followed?type=first");
    const followers = [await follow(workerd), await follow(workerd)];
    const heard = followers.map(linesOf);
    await workerd.ask("/followed?type=second");
    for (const follower of followers) await follower.line("event 2 second");

    // Nothing else may reach the object meanwhile: each append that finds it awake begins the time anew.
    await expect
      .poll(() => workerd.ask("/followed?type=third"), { interval: BEYOND_HIBERNATION, timeout: 100_000 })
      .not.toBe(first);
    followers[0]?.send("fourth");

    const events = (): readonly string[][] => heard.map((lines) => lines.filter((line) => line.startsWith("event")));
    await expect.poll(() => events().map((lines) => lines.at(-1)?.split(" ")[2])).toEqual(["fourth", "fourth"]);
    for (const lines of events()) {
      expect(lines.map((line) => Number(line.split(" ")[1]))).toEqual(lines.map((_, index) => index + 2));
      expect(new Set(lines.slice(1, -1).map((line) => line.split(" ")[2]))).toEqual(new Set(["third"]));
    }
    expect(heard.flat().filter((line) => line === "connected")).toEqual([]);
  });

  test("reconnect after the object was evicted, and miss nothing", async () => {
    const workerd = await start();
    const follower = await follow(workerd);
    const heard = linesOf(follower);
    for (const round of [1, 2, 3]) {
      await workerd.ask("/followed/evict").catch(() => undefined);
      await workerd.ask(`/followed?type=while-away-${round}`);
      follower.send(`own-${round}`);
      await follower.line(`event ${round * 2}`);
    }
    expect(heard.filter((line) => line === "connected")).toHaveLength(3);
    const events = heard.filter((line) => line.startsWith("event")).map((line) => line.split(" "));
    expect(events.map(([, position]) => position)).toEqual(["1", "2", "3", "4", "5", "6"]);
    expect(heard.filter((line) => line.startsWith("failed"))).toEqual([]);
  });
});
