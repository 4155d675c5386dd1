import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startDemoService } from "../support/demo-page.ts";
import { temporaryFolder, temporaryPath } from "../support/temporary.ts";

test("the service streams the counters as they change, and refuses invalid commands and requests from other machines", async () => {
  const service = await startDemoService(temporaryPath(), ".");
  onTestFinished(() => service.stop());
  const call = (name: string, given: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${service.url}api/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(given),
    });
  const live = await fetch(`${service.url}api/live`);
  const reader = live.body?.pipeThrough(new TextDecoderStream()).getReader();
  onTestFinished(() => reader?.cancel());
  const stream = "counter-cups-of-coffee";

  expect(await (await call("run", { command: { type: "add", stream, by: 7 }, tab: "test" })).json()).toEqual({
    // The event's id, by which it can be taken back.
    result: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  let heard = "";
  while (!heard.includes('"value":7')) heard += (await reader?.read())?.value ?? "";
  expect(heard).toContain("event: counters");

  for (const command of [
    { type: "add", stream, by: 0.5 },
    { type: "add", stream: "else", by: 1 },
    { type: "drop" },
    7,
  ]) {
    const answer = (await (await call("run", { command, tab: "test" })).json()) as { failure: { name: string } };
    expect(answer.failure.name).toBe("Refusal");
  }
  expect((await call("run", {}, { "content-type": "text/plain" })).status).toBe(415);
  expect((await call("facts", {}, { origin: "https://elsewhere.test" })).status).toBe(403);
  expect((await call("unknown", {})).status).toBe(404);
  expect((await fetch(`${service.url}../../etc/passwd`)).status).toBe(404);
});

test('a removed file of the page is answered with "not found", and the service continues', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "index.html"), "<!doctype html>");
  const service = await startDemoService(temporaryPath(), folder);
  onTestFinished(() => service.stop());
  expect((await fetch(service.url)).status).toBe(200);

  rmSync(join(folder, "index.html"));

  expect((await fetch(service.url)).status).toBe(404);
  expect((await fetch(`${service.url}api/counters`)).status).toBe(200);
});
