import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

/** What a file holds and what lies beside it: equal states, and nothing was touched. */
export function fileState(path: string): object {
  return {
    content: createHash("sha256").update(readFileSync(path)).digest("hex"),
    folder: readdirSync(dirname(path)).sort(),
  };
}
