/** What a hub tells pages of other origins, and caches on the way. */
import { expect, test } from "vitest";
import type { HubOptions } from "rivulet/sync/hub";
import { requestTo } from "../support/sync/ask-hub.ts";
import { LIVE, openHub } from "../support/sync/bank-hubs.ts";

test("pages of other origins may send what they need to, for a day, and read when to try again", async () => {
  const { hub } = await openHub({ origins: ["https://app.example"] });
  const headers = { origin: "https://app.example" };
  const preflight = await hub.fetch(new Request("http://localhost/sync/push", { method: "OPTIONS", headers }));
  const answer = await hub.fetch(requestTo("push", "{}", { headers }));

  const namesOf = (response: Response): unknown =>
    ["methods", "headers"].map((name) => response.headers.get(`access-control-allow-${name}`));
  expect(namesOf(preflight)).toEqual(["POST", "content-type"]);
  expect(preflight.headers.get("access-control-max-age")).toBe("86400");
  expect(answer.headers.get("access-control-expose-headers")).toBe("retry-after");
});

test.each<[string, NonNullable<HubOptions<string>["origins"]>, boolean]>([
  ["a list with it", ["https://other.example", "https://app.example"], true],
  ["a list with any", ["*"], true],
  ["a list without it", ["https://app.example.evil"], false],
  ["a function that permits it", (origin) => origin === "https://app.example", true],
  ["a function that does not", () => false, false],
  ["a function that answers anything else", (() => "yes") as never, false],
  ["a function that returns a promise", (() => Promise.resolve(true)) as never, false],
])("an origin is permitted by %s: %j, %s", async (_name, origins, permitted) => {
  const { hub } = await openHub({ origins });
  const response = await hub.fetch(requestTo("push", "{}", { headers: { origin: "https://app.example" } }));

  expect(response.headers.get("access-control-allow-origin")).toBe(permitted ? "https://app.example" : null);
});

test("a rule for origins that throws permits nothing, and the hub answers", async () => {
  const origins = (): never => {
    throw new Error("a secret");
  };
  const { hub } = await openHub({ origins });
  const response = await hub.fetch(requestTo("pull", LIVE, { headers: { origin: "https://app.example" } }));

  expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([503, null]);
  expect(await response.text()).not.toContain("secret");
});

test("pages of other origins may use the hub if they are allowed, and read its errors", async () => {
  const { hub } = await openHub({ origins: ["https://app.example"] });
  const headersOf = async (method: string, origin: string, verb = "pull"): Promise<unknown> => {
    const headers = { origin, "access-control-request-headers": "authorization,content-type" };
    const request = new Request(`http://localhost/sync/${verb}`, { method, headers });
    const { status, headers: given } = await hub.fetch(request);
    return [
      status,
      given.get("access-control-allow-origin"),
      given.get("access-control-allow-headers"),
      given.get("vary"),
    ];
  };
  const wanted = "authorization,content-type";

  expect(await headersOf("OPTIONS", "https://app.example")).toEqual([204, "https://app.example", wanted, "origin"]);
  expect(await headersOf("POST", "https://app.example")).toEqual([400, "https://app.example", null, "origin"]);
  expect(await headersOf("OPTIONS", "https://evil.example")).toEqual([404, null, null, "origin"]);
  expect(await headersOf("OPTIONS", "https://app.example", "else")).toEqual([
    404,
    "https://app.example",
    null,
    "origin",
  ]);
  const { hub: closedToOthers } = await openHub({});
  const preflight = new Request("http://localhost/pull", {
    method: "OPTIONS",
    headers: { origin: "https://app.example" },
  });
  expect((await closedToOthers.fetch(preflight)).headers.get("access-control-allow-origin")).toBe(null);
});

test("no answer may be kept by a cache", async () => {
  const { hub } = await openHub({});
  const answers = [requestTo("pull", { ...LIVE, live: false }), requestTo("pull", "{"), requestTo("else", "{}")];
  for (const request of answers)
    expect((await hub.fetch(request)).headers.get("cache-control")).toBe("no-store, no-transform");
});
