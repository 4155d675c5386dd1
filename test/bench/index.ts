/** `npm run bench`: how the store compares with SQLite by hand. Prints a table; `--json FILE` writes it as well. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { benchAppends } from "./appends.ts";
import type { Comparison } from "./harness.ts";

const folder = mkdtempSync(join(tmpdir(), "rivulet-bench-"));
try {
  for await (const row of benchAppends(folder)) print(row);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function print({ name, against, ratio, ours, theirs, goal }: Comparison): void {
  const interval = `${ratio.median.toFixed(2)} [${ratio.low.toFixed(2)}, ${ratio.high.toFixed(2)}]`;
  console.log(`${name} | ${against} | ${interval} | ${goal ?? ""} | ${Math.round(ours)}/s, ${Math.round(theirs)}/s`);
}
