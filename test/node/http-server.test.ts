/** The servers that tests of this repository start: a client may leave them at any time. */
import { once } from "node:events";
import { connect } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { serveRequests } from "../support/http-server.ts";
import { serveFolder } from "../support/site.ts";
import { listen, type Served } from "../support/sync/node-listener.ts";
import { temporaryFolder } from "../support/temporary.ts";
import { until } from "../support/until.ts";

/** Notes the rejections that nobody handles, which would fail the run. */
function unhandled(): unknown[] {
  const noted: unknown[] = [];
  const others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", (reason) => noted.push(reason));
  onTestFinished(() => {
    process.removeAllListeners("unhandledRejection");
    for (const other of others) process.on("unhandledRejection", other);
  });
  return noted;
}

/** Resolves once Node has reported what nobody handles: it does so between two turns of the event loop. */
const reported = (): Promise<unknown> => new Promise(setImmediate);

/** Sends half of a request, and leaves; resolves once the connection is closed here. */
async function leaveInTheMiddle(origin: string): Promise<void> {
  const socket = connect(Number(new URL(origin).port), "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  const head = "POST /sync/push HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{";
  await new Promise<void>((resolve) => socket.write(head, () => resolve()));
  const closed = once(socket, "close");
  socket.resetAndDestroy();
  await closed;
}

test("a client that leaves in the middle of its request is no failure of the site", async () => {
  const noted = unhandled();
  const site = await serveFolder(temporaryFolder());

  for (let round = 0; round < 3; round++) await leaveInTheMiddle(site.origin);
  await fetch(`${site.origin}/whole`, { method: "POST", body: "whole" });
  expect(await site.posted("/whole")).toBe("whole");
  await site.close();
  await reported();

  expect(noted).toEqual([]);
});

test("nor of a hub, also where its request is read before it", async () => {
  const noted = unhandled();
  let left = 0;
  const reading: Served = {
    async fetch(request) {
      request.signal?.addEventListener("abort", () => (left += 1));
      await new Response(request.body as never).text();
      return new Response("read");
    },
  };
  const { server } = await listen(reading);

  for (let round = 0; round < 3; round++) await leaveInTheMiddle(server.origin);
  await until(() => left === 3);
  await server.close();
  await reported();

  expect(noted).toEqual([]);
});

test("any other failure is told, and the client is not left without an end", async () => {
  const noted = unhandled();
  const server = await serveRequests(() => Promise.reject(new Error("a fault of the test")));

  await expect(fetch(server.origin)).rejects.toThrow("fetch failed");
  await until(() => noted.length > 0);
  await server.close();

  expect(noted).toMatchObject([{ message: "a fault of the test" }]);
});

test("a server that refuses keeps its port, and answers again afterwards", async () => {
  const server = await serveRequests(async (_request, response) => void response.end("here"));
  server.refuses = true;
  await expect(fetch(server.origin)).rejects.toThrow("fetch failed");
  server.refuses = false;

  expect(await (await fetch(server.origin)).text()).toBe("here");
  await server.close();
});
