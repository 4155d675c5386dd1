/** A store in an object that appends without a break, while others wait for their turn. */
import { stillClock } from "./still-clock.ts";
import { DurableObject } from "cloudflare:workers";
import { openEventStore } from "rivulet";
import { durableObject } from "rivulet/durable-objects";

interface Env {
  readonly STORES: { getByName(name: string): { turnsOfOthers(appends: number, size: number): Promise<number> } };
}

export class Busy extends DurableObject<Env> {
  /** Appends batches of so many events one after the other. Resolves with how often other code ran meanwhile. */
  async turnsOfOthers(appends: number, size: number): Promise<number> {
    if (performance.now !== stillClock) throw new Error("the clock runs");
    await using store = await openEventStore(durableObject(this.ctx));
    const events = Array.from({ length: size }, () => ({ type: "counted" }));
    let turns = 0;
    const others = setInterval(() => (turns += 1), 0);
    for (let count = 0; count < appends; count++) await store.stream("one").append(events);
    clearInterval(others);
    return turns;
  }
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const [appends, size] = ["appends", "size"].map((name) => Number(searchParams.get(name))) as [number, number];
    return Response.json(await env.STORES.getByName("busy").turnsOfOthers(appends, size));
  },
};
