import { memory, openEventStore } from "rivulet";
import { createHub, type Hub } from "rivulet/sync/hub";
import { expect, onTestFinished, test } from "vitest";

const ITEM = { kind: "stream", name: "list", position: 0, mark: null };

/** Puts in the place of the platform's stream one that notes what is written to it. */
function noteWrites(): string[] {
  const written: string[] = [];
  class IdentityTransformStream extends TransformStream<Uint8Array, Uint8Array> {
    constructor() {
      super({
        transform(bytes, controller) {
          written.push(new TextDecoder().decode(bytes));
          controller.enqueue(bytes);
        },
      });
    }
  }
  Object.assign(globalThis, { IdentityTransformStream });
  onTestFinished(() => void Reflect.deleteProperty(globalThis, "IdentityTransformStream"));
  return written;
}

function pull(hub: Hub, live: boolean): Promise<Response> {
  const body = JSON.stringify({ protocol: 1, lineage: null, items: [ITEM], live });
  return hub.fetch(new Request("http://hub.test/pull", { method: "POST", body }));
}

// Of what an object sends later than its response, only what is written to this stream waits until the events are on disk.
test("in a Durable Object every line of a pull is written to the platform's stream, and a reader that leaves ends the pull", async () => {
  const written = noteWrites();
  await using store = await openEventStore(memory());
  const hub = createHub(store, { authenticate: () => "ada", limits: { pulls: 1, heartbeat: 60_000 } });
  await store.stream("list").append({ type: "noted" });

  const whole = await (await pull(hub, false)).text();

  expect(whole).toContain('"noted"');
  expect(written.join("")).toBe(whole);
  const lasting = (await pull(hub, true)).body?.getReader();
  await lasting?.read();
  expect((await pull(hub, true)).status).toBe(429);
  await lasting?.cancel();
  await expect.poll(async () => (await pull(hub, true)).status).toBe(200);
});
