import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
// Under the adapter's door: a page cannot ask which protocol its build speaks.
import { OURS } from "../../dist/adapters/sqlite-wasm/shared/versions.js";
import { ROOT } from "../support/run-node.ts";

/** Where the types of all that tabs say to each other stand. */
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
 * The number of the protocol, and what was said when that was written down. Where the types have changed: would a tab of an older build
 * misunderstand? Then raise `protocol` in `adapters/sqlite-wasm/shared/versions.ts`. In any case write down here what is said now.
 */
const KNOWN = { protocol: 5, said: "a3c4b3fa74cc3a5f" };

test("the messages between tabs are those that were checked against older builds", () => {
  expect({ protocol: OURS.protocol, said: fingerprint() }).toEqual(KNOWN);
});

/** Of the declarations, without comments and imports: as the compiler writes them, however the source is laid out. */
function fingerprint(): string {
  const texts = SAID.map((path) =>
    readFileSync(join(ROOT, `dist/${path}.d.ts`), "utf8")
      .replaceAll(/\/\*[^]*?\*\/|\/\/.*$|^import .*$/gm, "")
      .replaceAll(/\s+/g, " "),
  );
  return createHash("sha256").update(texts.join("")).digest("hex").slice(0, 16);
}
