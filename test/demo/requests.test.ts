import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDemoService, type DemoService } from "../support/demo-page.ts";

const JSON_POST = "content-type: application/json\r\n";

describe("the demo's service", () => {
  let folder: string;
  let service: DemoService;
  let host: string;
  let port: number;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "rivulet-"));
    const page = join(folder, "page");
    cpSync("demo/page", page, { recursive: true });
    mkdirSync(join(page, "docs"));
    writeFileSync(join(page, "docs/index.html"), "<!doctype html>");
    writeFileSync(join(page, "docs/404.html"), '<base href="./">no such page');
    // Too large for the buffers of a connection.
    writeFileSync(join(page, "large.js"), Buffer.alloc(30_000_000));
    service = await startDemoService(join(folder, "counters.db"), page);
    ({ host } = new URL(service.url));
    port = Number(new URL(service.url).port);
  });
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /**
   * Sends raw bytes, and returns the first line of the answer, or "" if the connection ends without one. `hangUp`
   * closes the sending side.
   */
  function send(bytes: string, hangUp = false): Promise<string> {
    return new Promise((resolve) => {
      let heard = "";
      const socket = connect(port, "127.0.0.1", () => {
        socket.write(Buffer.from(bytes, "latin1"));
        if (hangUp) socket.end();
      });
      socket.setEncoding("latin1").on("data", (text: string) => (heard += text));
      socket.on("error", () => undefined);
      socket.once("close", () => resolve(heard.split("\r\n", 1)[0] as string));
    });
  }

  const status = async (method: string, target: string, headers = "", body = ""): Promise<string> =>
    (await send(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${headers}\r\n${body}`)).slice(
      9,
      12,
    );

  test.each([
    ["GET", "//", "400"],
    ["GET", "/\\", "400"],
    ["GET", "http://[", "400"],
    ["GET", "http://elsewhere.test/", "400"],
    ["GET", "\\\\", "400"],
    ["GET", "*", "400"],
    ["OPTIONS", "*", "400"],
    ["GET", "///api/counters", "400"],
    ["GET", "/%", "404"],
    ["GET", "/%00", "404"],
    ["GET", "/%zz/../x", "404"],
    ["GET", "/../../../../etc/passwd", "404"],
    ["GET", "/..%2f..%2fetc/passwd", "404"],
    ["GET", "/\u00ff", "400"],
    ["GET", "/?%%%", "200"],
    ["GET", "/#", "200"],
    ["HEAD", "/api/live", "200"],
    ["POST", "/", "405"],
    ["PUT", "/index.html", "405"],
    ["GET", "/docs/", "200"],
    ["GET", "/docs", "301"],
    ["GET", "/docs/nothing/", "404"],
    ["DELETE", "/api/counters", "405"],
    ["POST", "/api/live", "405"],
    ["GET", "/api/facts", "405"],
    ["GET", "/api/", "404"],
    ["GET", "/api/__proto__", "404"],
    ["POST", "/api/toString", "404"],
    ["POST", "/api/facts", "415"],
    ["BREW", "/", "400"],
  ])("answers %s %s, and the request after it", async (method, target, expected) => {
    expect(await status(method, target)).toBe(expected);
    expect(await status("GET", "/api/counters")).toBe("200");
  });

  test.each(["/nothing", "/docs/nothing", "/docs/a/b/"])(
    "a browser is shown the page for unknown addresses at %s",
    async (path) => {
      const answer = await fetch(new URL(path, service.url), { headers: { accept: "text/html,*/*;q=0.8" } });

      expect(answer.status).toBe(404);
      expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
      expect(await answer.text()).toBe('<base href="/docs/">no such page');
      expect(await (await fetch(new URL(path, service.url))).text()).toBe("");
    },
  );

  test("a path may be long, but not without limit", async () => {
    expect(await status("GET", `/${"x".repeat(15_000)}`)).toBe("404");
    expect(await status("GET", `/${"x".repeat(20_000)}`)).toBe("431");
  });

  test.each([
    ["nothing", ""],
    ["no HTTP", "hello\r\n\r\n"],
    ["half a request", "GET / HTT"],
    ["zeros", "\0".repeat(1_000)],
    ["no host", "GET / HTTP/1.1\r\n\r\n"],
    ["two lengths", `POST /api/facts HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}`],
    ["a negative length", `POST /api/facts HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n`],
    ["chunks that are none", `POST /api/facts HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n`],
    ["a header with a line break", "GET / HTTP/1.1\r\nHost: x\r\nA: b\nc\r\n\r\n"],
  ])("lives on after %s", async (_what, bytes) => {
    await send(bytes, true);
    expect(await status("GET", "/api/counters")).toBe("200");
  });

  test("a connection that closes during a body or an answer ends only that call", async () => {
    const head = `POST /api/append-many HTTP/1.1\r\nHost: ${host}\r\n${JSON_POST}Content-Length: 900\r\n\r\n{"stream":`;
    await new Promise<void>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(head, () => socket.destroy()));
      socket.on("error", () => undefined);
      socket.once("close", () => resolve());
    });
    expect(await status("GET", "/api/counters")).toBe("200");
  });

  test.each([
    ["another port of this machine", { origin: "http://localhost:1" }],
    ["another name of this machine", { origin: "http://127.0.0.2" }],
    ["the right host over another scheme", { origin: "https://HOST" }],
    ["a page without an origin", { origin: "null" }],
    ["another site", { origin: "https://elsewhere.test" }],
    ["a name that only begins so", { origin: "http://HOST.elsewhere.test" }],
    ["a request that the browser says is another site's", { "sec-fetch-site": "cross-site" }],
    ["a request of another port, as the browser says", { "sec-fetch-site": "same-site" }],
  ])("refuses writes of %s", async (_what, headers: Record<string, string>) => {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value.replace("HOST", host)}\r\n`);
    const body = '{"command":{"type":"open","label":"theirs"},"tab":"x"}';
    expect(
      await status("POST", "/api/run", `${lines.join("")}${JSON_POST}Content-Length: ${body.length}\r\n`, body),
    ).toBe("403");
    expect(await (await fetch(`${service.url}api/counters`)).text()).not.toContain("theirs");
  });

  test("its own page may write; a page of another host name that resolves to this machine may not even read", async () => {
    const own = `origin: http://${host}\r\nsec-fetch-site: same-origin\r\n${JSON_POST}Content-Length: 2\r\n`;
    expect(await status("POST", "/api/facts", own, "{}")).toBe("200");
    for (const name of ["rebound.test", "localhost.rebound.test", "localhost@rebound.test", ""]) {
      expect(await send(`GET /api/counters HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`)).toContain(" 403 ");
    }
  });

  test("no answer is sniffed for its type, or shown in a frame of another page", async () => {
    for (const path of ["", "api/counters", "api/unknown", "missing"]) {
      const { headers } = await fetch(service.url + path);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("content-security-policy")).toBe("frame-ancestors 'none'");
    }
  });

  test.each([
    ["conflict", { stream: "payroll", tab: "x" }],
    ["conflict", { stream: "counter-none", tab: "x" }],
    ["append-many", { stream: "payroll", count: 1, tab: "x" }],
    ["append-many", { stream: "counter-none", count: 1, tab: "x" }],
    ["run", null],
    ["run", []],
    ["log", { query: { skip: -1, limit: 1e9 } }],
    ...["half of a pair \ud800", "a\u0000b", "a\u001b[2Jb", "a\u009bb", "a\u202eb"].flatMap(
      (text): [string, object][] => [
        ["run", { command: { type: "open", label: text }, tab: "x" }],
        ["run", { command: { type: "open", label: "fine" }, tab: text }],
        ["run", { command: { type: "add", stream: `counter-${text}`, by: 1 }, tab: "x" }],
        ["log", { query: { skip: 0, limit: 1, stream: text } }],
        ["log-size", { filter: { type: text } }],
        ["series", { stream: text }],
      ],
    ),
  ])("%s of %o is refused, and nothing is stored", async (name, given) => {
    const before = await (await fetch(`${service.url}api/counters`)).text();
    const answer = await fetch(`${service.url}api/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(given),
    });
    expect(await answer.json()).toMatchObject({ failure: { name: "Refusal" } });
    expect(await (await fetch(`${service.url}api/counters`)).text()).toBe(before);
  });

  test.each([
    '{"stream":"counter-a","stream":"counter-b","tab":"x"}',
    '{"stream":"counter-a","count":1.0000000000000000001,"tab":"x"}',
    '{"stream":"counter-a","count":1e400,"tab":"x"}',
  ])("a body of which JSON.parse would lose something is refused: %s", async (body) => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${service.url}api/append-many`, { method: "POST", headers, body });
    const { failure } = (await answer.json()) as { failure: { name: string; message: string } };
    expect(failure.name).toBe("Refusal");
    expect(failure.message).toMatch(/^(stream|count): .*(duplicate key|would become)/);
  });

  test.each([
    [["--help"], 0, "--postgres  keep"],
    [["--helpme"], 2, "Unknown option '--helpme'"],
    [["counters.db"], 2, "counters.db"],
    [["--port", "http"], 2, "Option '--port' takes a whole number of at most 65535, not 'http'"],
    [["--port", "65536"], 2, "Option '--port'"],
  ])("the service started with %o says how to start it, without a stack trace", (args, code, says) => {
    const {
      status: ended,
      stdout,
      stderr,
    } = spawnSync(process.execPath, [".build/demo/node-service.js", ...args], {
      encoding: "utf8",
    });
    expect([ended, stdout + stderr]).toEqual([code, expect.stringContaining(says)]);
    expect(stdout + stderr).toContain("Usage: npm start");
    expect(stderr).not.toContain("    at ");
  });

  test("a body that is too long is refused before it is read", async () => {
    const long = `${JSON_POST}Content-Length: 10001\r\n`;
    expect(await status("POST", "/api/facts", long, "x".repeat(10_001))).toBe("413");
  });

  test("the number of followers is limited, and others may follow when some have left", async () => {
    const open: AbortController[] = [];
    const follow = async (): Promise<number> => {
      const abort = new AbortController();
      open.push(abort);
      return (await fetch(`${service.url}api/live`, { signal: abort.signal })).status;
    };
    for (let n = 0; n < 100; n++) expect(await follow()).toBe(200);
    expect(await follow()).toBe(503);
    for (const abort of open) abort.abort();
    await expect.poll(follow, { timeout: 20_000 }).toBe(200);
    for (const abort of open) abort.abort();
  });

  test("pipelined requests end with their connection", async () => {
    const follow = `GET /api/live HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    await new Promise<void>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => socket.write(follow.repeat(100)));
      socket.on("error", () => undefined);
      socket.once("data", () => socket.destroy());
      socket.once("close", () => resolve());
    });
    await expect.poll(() => status("HEAD", "/api/live"), { timeout: 20_000 }).toBe("200");
  });

  test.skipIf(process.platform !== "linux")("a download that is aborted leaves no file open", async () => {
    const filesOpen = (): number =>
      readdirSync(`/proc/${service.pid}/fd`).filter((fd) =>
        linkOf(`/proc/${service.pid}/fd/${fd}`).endsWith("large.js"),
      ).length;
    const request = `GET /large.js HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
    for (const requests of [request, request.repeat(3)]) {
      const meanwhile = await new Promise<number>((resolve) => {
        const socket = connect(port, "127.0.0.1", () => socket.write(requests));
        let found = 0;
        socket.on("error", () => undefined);
        socket.once("data", () => {
          found = filesOpen();
          socket.destroy();
        });
        socket.once("close", () => resolve(found));
      });
      expect(meanwhile).toBeGreaterThan(0);
      await expect.poll(filesOpen, { timeout: 20_000 }).toBe(0);
    }
  });
});

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // The file was closed in between.
    return "";
  }
}
