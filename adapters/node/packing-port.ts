import type { AppendOutcome, AppendRequest, Endpoint } from "../../src/adapter.ts";
import { hearingThrough } from "./hearing-through.ts";
import { packOutcomes, packRequests, unpackOutcomes, unpackRequests, type Packed } from "./packed-appends.ts";

/** What is used of a call and of an answer. */
interface Message {
  readonly n?: number;
  readonly call?: string;
  readonly argument?: unknown;
  readonly answer?: unknown;
}

/** The application's end of a port to a worker: sends appends as lists. Everything else is sent as it is. */
export function packingCalls(port: Endpoint): Endpoint {
  return packing(
    port,
    ({ n, call, argument }) =>
      call === "append" ? packRequests(n as number, argument as readonly AppendRequest[]) : undefined,
    (packed) => ({ n: packed[0] as number, answer: unpackOutcomes(packed) }),
  );
}

/** The worker's end: answers with a list if it was asked with one, because other clients may not understand it. */
export function packingAnswers(port: Endpoint): Endpoint {
  const asked = new Set<unknown>();
  return packing(
    port,
    ({ n, answer }) =>
      asked.delete(n) && answer !== undefined
        ? packOutcomes(n as number, answer as readonly AppendOutcome[])
        : undefined,
    (packed) => {
      asked.add(packed[0]);
      return { n: packed[0] as number, call: "append", argument: unpackRequests(packed) };
    },
  );
}

function packing(
  port: Endpoint,
  pack: (message: Message) => Packed | undefined,
  unpack: (packed: Packed) => Message,
): Endpoint {
  return {
    ...hearingThrough(
      port,
      (listener) =>
        ({ data }) =>
          listener({ data: Array.isArray(data) ? unpack(data) : data }),
    ),
    postMessage(message, transfer) {
      port.postMessage(pack(message as Message) ?? message, transfer);
    },
  };
}
