import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
// Imported from inside the adapter, because its entry point does not export the protocol's number.
import { OURS } from "../../dist/adapters/sqlite-wasm/shared/versions.js";
import { ROOT } from "../support/run-node.ts";

/** The files with the types of all messages between tabs. */
const SAID = [
  "adapters/sqlite-wasm/shared/channel",
  "src/remote/messages",
  "src/storage/consumer-protocol",
  "src/storage/failure",
  "src/storage/lease-protocol",
  "src/storage/protocol",
  "src/storage/read-model-protocol",
  "src/storage/sync-protocol",
];

/**
 * The protocol's number, and the digest of the messages when it was last checked. If the types have changed, and a tab
 * of an older build would misunderstand them, raise `protocol` in `adapters/sqlite-wasm/shared/versions.ts`. Then enter
 * the new digest here.
 */
const KNOWN = { protocol: 6, said: "336c1fe2b7794419" };

test("the messages between tabs are those that were checked against older builds", () => {
  expect({ protocol: OURS.protocol, said: fingerprint() }).toEqual(KNOWN);
});

/** A digest of the compiler's declarations, without comments and imports, so that the source's layout does not matter. */
function fingerprint(): string {
  const texts = SAID.map((path) =>
    readFileSync(join(ROOT, `dist/${path}.d.ts`), "utf8")
      .replaceAll(/\/\*[^]*?\*\/|\/\/.*$|^import .*$/gm, "")
      .replaceAll(/\s+/g, " "),
  );
  return createHash("sha256").update(texts.join("")).digest("hex").slice(0, 16);
}
