import { spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./run-node.ts";

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
}

interface Hover {
  readonly contents: { readonly value: string } | string;
}

/**
 * What an editor shows of the types of some names in a module, by name: each at its last occurrence in the text. Asks TypeScript's
 * own language server. The module's folder needs a tsconfig.json.
 */
export async function hoversOf(
  path: string,
  text: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const server = startServer();
  const uri = pathToFileURL(path).href;
  try {
    await server.ask("initialize", {
      processId: null,
      rootUri: pathToFileURL(ROOT).href,
      capabilities: { textDocument: { hover: { contentFormat: ["markdown"] } } },
    });
    server.tell("initialized", {});
    server.tell("textDocument/didOpen", { textDocument: { uri, languageId: "typescript", version: 1, text } });
    const hovers = new Map<string, string>();
    for (const name of names) {
      const hover = (await server.ask("textDocument/hover", {
        textDocument: { uri },
        position: positionOf(text, name),
      })) as Hover | null;
      hovers.set(name, signatureOf(hover));
    }
    return hovers;
  } finally {
    server.stop();
  }
}

/** Of a name such as "account.append": the position of its last part. */
function positionOf(text: string, name: string): { readonly line: number; readonly character: number } {
  const start = text.lastIndexOf(name);
  if (start < 0) throw new Error(`${name} is not in the text`);
  const lines = text.slice(0, start + name.lastIndexOf(".") + 1).split("\n");
  return { line: lines.length - 1, character: lines.at(-1)?.length ?? 0 };
}

/** The first block of code, in one line: after it comes the docstring. */
function signatureOf(hover: Hover | null): string {
  const shown = typeof hover?.contents === "string" ? hover.contents : (hover?.contents.value ?? "");
  return /```\w*\n([^]*?)\n```/.exec(shown)?.[1]?.replaceAll(/\s+/g, " ") ?? shown;
}

function startServer(): {
  ask(method: string, params: object): Promise<unknown>;
  tell(method: string, params: object): void;
  stop(): void;
} {
  const child = spawn(process.execPath, [join(ROOT, "node_modules/typescript/bin/tsc"), "--lsp", "--stdio"], {
    cwd: ROOT,
    stdio: ["pipe", "pipe", "ignore"],
  });
  const waiting = new Map<number, { resolve(result: unknown): void; reject(error: Error): void }>();
  let count = 0;
  let held = Buffer.alloc(0);
  // Writing to it after its end is an error of the pipe, and says less.
  child.stdin.on("error", () => undefined);
  child.once("close", (code) => {
    for (const { reject } of waiting.values()) reject(new Error(`TypeScript's language server ended with ${code}`));
  });

  child.stdout.on("data", (piece: Buffer) => {
    held = Buffer.concat([held, piece]);
    for (let body = takeMessage(); body !== undefined; body = takeMessage()) receive(JSON.parse(body) as Answer);
  });

  /** A message is a header with its length, an empty line, and that many bytes. */
  function takeMessage(): string | undefined {
    const end = held.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const length = Number(/Content-Length: (\d+)/.exec(held.subarray(0, end).toString())?.[1]);
    const start = end + 4;
    if (held.length < start + length) return undefined;
    const body = held.subarray(start, start + length).toString();
    held = held.subarray(start + length);
    return body;
  }

  function receive({ id, method, result }: Answer): void {
    if (id === undefined) return;
    // The server asks for configuration, of which there is none.
    if (method !== undefined) return send({ id, result: null });
    waiting.get(id)?.resolve(result);
    waiting.delete(id);
  }

  function send(message: object): void {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  return {
    ask: (method, params) =>
      new Promise((resolve, reject) => {
        const id = ++count;
        waiting.set(id, { resolve, reject });
        send({ id, method, params });
      }),
    tell: (method, params) => send({ method, params }),
    stop: () => child.kill(),
  };
}
