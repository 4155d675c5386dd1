import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname } from "node:path";

/** The content of a file and the names beside it: if two states are equal, nothing was changed. */
export function fileState(path: string): object {
  return {
    content: createHash("sha256").update(readFileSync(path)).digest("hex"),
    folder: readdirSync(dirname(path)).sort(),
  };
}
