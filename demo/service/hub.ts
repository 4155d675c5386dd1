import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { EventStore } from "rivulet";
import { createHub } from "rivulet/sync/hub";
import { messageOf } from "rivulet/adapter";
import { streamOf, toCommand } from "../counter/commands.ts";
import { counterDecider } from "../counter/counter-decider.ts";
import { deviceOf } from "../counter/device.ts";
import { PREFIX } from "../counter/events.ts";
import type { CounterService } from "../counter/service.ts";
import type { Devices } from "./devices.ts";
import { onGone } from "./gone.ts";

/** Answers the requests of devices that follow the counters. */
export type AnswerDevice = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Makes the service's store a hub: devices follow the counters, and the hub decides their commands. */
export function createCounterHub(store: EventStore, { counters }: CounterService, devices: Devices): AnswerDevice {
  const hub = createHub<string>(store, {
    authenticate: ({ headers }) => deviceOf((name) => headers.get(name))?.id,
    mayFollow: (_, stream) => stream.startsWith(PREFIX),
    mayExecute: (_, { stream, command }) => checkCommand(stream, command),
    // Only the random walk of "Many events": steps of a counter that exists.
    mayAppend: (_, { stream, events }) => {
      if (counters.state[stream]?.open !== true) return "There is no such counter.";
      return events.every(isStep) || "A counter has no such event.";
    },
    deciders: { counter: counterDecider },
  });

  return async (incoming, outgoing) => {
    const request = toRequest(incoming, outgoing);
    const response = await hub.fetch(request);
    if (request.signal.aborted) {
      await response.body?.cancel();
      return;
    }
    const device = deviceOf((name) => request.headers.get(name));
    if (device !== undefined && response.ok && request.url.endsWith("/pull")) {
      onGone(outgoing, devices.enter(device));
    }
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    outgoing.flushHeaders();
    if (response.body === null) {
      outgoing.end();
      return;
    }
    const body = Readable.fromWeb(response.body);
    onGone(outgoing, () => body.destroy());
    body.once("error", () => outgoing.destroy());
    body.pipe(outgoing);
  };
}

/** The request as the hub reads it, ended when its connection is. */
function toRequest(incoming: IncomingMessage, outgoing: ServerResponse): Request {
  const gone = new AbortController();
  onGone(outgoing, () => gone.abort());
  const headers = Object.entries(incoming.headers).map(([name, value]): [string, string] => [name, String(value)]);
  return new Request(`http://localhost${incoming.url}`, {
    method: incoming.method ?? "GET",
    headers,
    signal: gone.signal,
    ...(incoming.method === "POST" && { body: Readable.toWeb(incoming) as never, duplex: "half" }),
  });
}

function checkCommand(stream: string, given: unknown): true | string {
  try {
    return streamOf(toCommand(given)) === stream || "This command is for another counter.";
  } catch (error) {
    return messageOf(error);
  }
}

/** Whether an event from outside changes a counter by a whole number. */
function isStep({ type, data }: { readonly type: string; readonly data: string | null }): boolean {
  const { by } = (JSON.parse(data ?? "{}") ?? {}) as { readonly by?: unknown };
  return (type === "incremented" || type === "decremented") && Number.isSafeInteger(by) && 0 < (by as number);
}
