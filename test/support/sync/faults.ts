import type { AbortSignalLike } from "rivulet";
import type { EventStorage } from "rivulet/adapter";
import type { SyncStorage } from "rivulet/adapter";
import type { HubCore } from "../../../dist/src/sync/hub/hub.js";
import type { EntryAnswer, PullLine, PushMessage, Transport } from "../../../dist/src/sync/messages.js";
import { unawaited } from "../unawaited.ts";

/** Parts of the simulation in whose place a faulty one is put, each made from the sound one. */
export interface Faults {
  readonly hubStorage?: (storage: EventStorage) => EventStorage;
  readonly deviceStorage?: (storage: EventStorage) => EventStorage;
  readonly hub?: (core: HubCore<string>) => HubCore<string>;
  readonly transport?: (transport: Transport, storage: EventStorage) => Transport;
}

/** Mistakes that others have made, or that one might make here, each by a faulty part in the place of a sound one. */
export const FAULTS: Readonly<Record<string, () => Faults>> = {
  "an entry leaves the outbox on the answer to a push": () => ({
    transport: (transport, storage) => ({
      ...transport,
      async push(message, signal) {
        const answer = await transport.push(message, signal);
        const { sync } = storage;
        const { entries } = (await sync?.listEntries({ after: 0, limit: 1_000 })) ?? { entries: [] };
        for (const [index, entry] of message.entries.entries()) {
          const own = entries.find(({ body }) => body === JSON.stringify(entry));
          if (own !== undefined && answer.answers[index]?.outcome === "confirmed")
            await sync?.settle({ id: own.id, rejected: null });
        }
        return answer;
      },
    }),
  }),
  "the hub appends what it has decided without a version": () => ({
    hubStorage: (storage) => ({
      ...storage,
      append: (requests) =>
        storage.append(
          requests.map((request) => ({
            ...request,
            entries: request.entries.map(({ stream, events }) => ({ stream, events, expectedVersion: "any" })),
          })),
        ),
    }),
  }),
  "the place moves before the events are in, and the process dies in between": () => {
    let calls = 0;
    return ofSync("deviceStorage", (sync) => ({
      applyConfirmed: (batch) => sync.applyConfirmed(++calls % 7 === 0 ? { ...batch, events: [] } : batch),
    }));
  },
  "the hub does not keep what it has refused": () => ({
    ...ofSync("hubStorage", () => ({
      loadResult: () => Promise.resolve(null),
      saveResult: ({ result }) => Promise.resolve({ kept: result }),
    })),
    transport: withLateCopies,
  }),
  "the hub keeps a refusal, but a later copy of the push does not ask for it": () => ({
    transport: withLateCopies,
    hubStorage: (storage) => ({
      ...storage,
      append: (requests) =>
        storage.append(requests.map(({ entries, timestamp, freshIds }) => ({ entries, timestamp, freshIds }))),
      ...(storage.sync !== undefined && { sync: { ...storage.sync, loadResult: () => Promise.resolve(null) } }),
    }),
  }),
  "a confirmed event gets the time of its arrival": () =>
    ofSync("deviceStorage", (sync) => ({
      applyConfirmed: (batch) =>
        sync.applyConfirmed({ ...batch, events: batch.events.map((event) => Object.assign(event, { timestamp: 7 })) }),
    })),
  "a call resolves before what it did is durable": () => {
    let calls = 0;
    return ofSync("deviceStorage", (sync) => ({
      enqueue: (requests) =>
        ++calls % 3 === 0 ? Promise.resolve(requests.map(() => ({ outcome: "queued" }))) : sync.enqueue(requests),
    }));
  },
  "a replica starts again by itself where the hub is another": () => ({
    transport: (transport) => ({
      ...transport,
      async *pull(message, signal) {
        try {
          yield* transport.pull(message, signal);
        } catch (error) {
          if ((error as { code?: string }).code !== "hub-changed") throw error;
          const items = message.items.map(({ kind, name }) => ({ kind, name, position: 0, mark: null }));
          yield* transport.pull({ ...message, items }, signal);
        }
      },
    }),
  }),
  "a push that is sent again is another command": () => {
    let sent = 0;
    return ofPush((message) => ({
      ...message,
      entries: message.entries.map((entry) => (++sent % 5 === 0 ? { ...entry, key: `${entry.key}-${sent}` } : entry)),
    }));
  },
  "what the hub refuses is taken for done": () =>
    ofPush(undefined, (answer) => (answer.outcome === "refused" ? { outcome: "nothing" } : answer)),
  "a line that is lost on the way is not missed": () => ofLines((line) => ({ ...line, after: 0 })),
  "events that do not follow are left out": () =>
    ofSync("deviceStorage", (sync) => ({
      async applyConfirmed(batch) {
        const outcome = await sync.applyConfirmed(batch);
        if (outcome.outcome !== "gap") return outcome;
        return sync.applyConfirmed({
          ...batch,
          events: batch.events.filter(({ stream }) => stream !== outcome.stream),
        });
      },
    })),
  "what has arrived stays in the outbox": () =>
    ofSync("deviceStorage", (sync) => ({
      enqueue: (requests) =>
        sync.enqueue(
          requests.map((request) => ({ ...request, entry: { ...request.entry, ids: ["an-id-of-nothing"] } })),
        ),
    })),
  "the outbox is sent in any order": () =>
    ofSync("deviceStorage", (sync) => ({
      async listEntries(query) {
        const page = await sync.listEntries(query);
        return { ...page, entries: [...page.entries].sort((one, other) => other.number - one.number) };
      },
    })),
};

/** Copies arrive later by themselves, but seldom when a refused command would be accepted: here, with each news and each push. */
function withLateCopies(transport: Transport): Transport {
  const refused = new Map<string, PushMessage>();
  const copy = async (signal: AbortSignalLike): Promise<void> => {
    for (const message of refused.values()) await transport.push(message, signal).catch(() => undefined);
  };
  return {
    ...transport,
    async push(message, signal) {
      await copy(signal);
      const answer = await transport.push(message, signal);
      message.entries.forEach((entry, index) => {
        if (answer.answers[index]?.outcome === "refused") refused.set(entry.key, { ...message, entries: [entry] });
      });
      return answer;
    },
    async *pull(message, signal) {
      for await (const line of transport.pull(message, signal)) {
        unawaited(copy(signal));
        yield line;
      }
    },
  };
}

function ofSync(where: "deviceStorage" | "hubStorage", change: (sync: SyncStorage) => Partial<SyncStorage>): Faults {
  return {
    [where]: (storage: EventStorage) =>
      storage.sync === undefined ? storage : { ...storage, sync: { ...storage.sync, ...change(storage.sync) } },
  };
}

function ofPush(
  change: (message: PushMessage) => PushMessage = (message) => message,
  answered: (answer: EntryAnswer) => EntryAnswer = (answer) => answer,
): Faults {
  return {
    transport: (transport) => ({
      ...transport,
      async push(message, signal) {
        const { answers } = await transport.push(change(message), signal);
        return { answers: answers.map(answered) };
      },
    }),
  };
}

function ofLines(change: (line: PullLine) => PullLine): Faults {
  return {
    transport: (transport) => ({
      ...transport,
      async *pull(message, signal) {
        for await (const line of transport.pull(message, signal)) yield change(line);
      },
    }),
  };
}
