import { memory, openEventStore, type EventStore } from "rivulet";
import { wrapVerbs, type EventStorage } from "rivulet/adapter";
import { follow, type FetchLike, type Replica } from "rivulet/sync";
import { onTestFinished } from "vitest";
import type { Random } from "../random.ts";
import { bank } from "./bank.ts";

/** A replica and its store. */
export interface Client {
  readonly store: EventStore;
  readonly replica: Replica;
}

/** Opens a client of a storage that others use, too, and that stays open. Without `fetch`, its hub never answers. */
export async function openClient(storage: EventStorage, fetch: FetchLike = noAnswer): Promise<Client> {
  const lasting = { ...storage, close: () => Promise.resolve() };
  const store = await openEventStore({ name: "client", open: async () => ({ storage: lasting, verbs: {} }) });
  const replica = await follow(store, { url: "https://hub.test", fetch, streamPrefixes: ["a-"], deciders: { bank } });
  return { store, replica };
}

/** Opens a client in memory that follows streams by their prefix. It is closed after the test. */
export async function openInMemoryClient(fetch: FetchLike, prefix: string): Promise<Client> {
  const store = await openEventStore(memory());
  const replica = await follow(store, { url: "https://hub.test", fetch, streamPrefixes: [prefix] });
  onTestFinished(async () => {
    await replica.close();
    await store.close();
  });
  return { store, replica };
}

/** A verb of a storage, as {@link slow} calls it. */
type Call = (argument: unknown) => Promise<unknown>;

/** Calls a verb; a test may put a fault into it. */
export type Around = (name: string, call: Call, argument: unknown) => Promise<unknown>;

/** Lets other clients come between the calls, and news come late. */
export function slow(storage: EventStorage, random: Random, around: Around = direct): EventStorage {
  const pause = async (): Promise<void> => {
    for (let turns = random.below(3); turns > 0; turns--) await new Promise(setImmediate);
  };
  const slowed = wrapVerbs(storage, (verb, name) => (argument) => {
    const call: Call = async (given) => {
      await pause();
      const answer = await verb(given);
      await pause();
      return answer;
    };
    return around(name, call, argument);
  });
  return {
    ...slowed,
    onChange: (listener, onEnd) =>
      storage.onChange(async (news) => {
        await pause();
        listener(news);
      }, onEnd),
  };
}

const direct: Around = (_name, call, argument) => call(argument);

const noAnswer: FetchLike = () => new Promise(() => undefined);
