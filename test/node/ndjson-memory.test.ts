import { expect, test } from "vitest";
import { scriptPath, startProcess } from "../support/child.ts";
import { temporaryPath } from "../support/temporary.ts";

/** The heap limit in megabytes: a tenth of the size of a million events. */
const HEAP = 40;

/** The time limit on a busy machine, in milliseconds. */
const LONGEST = 400_000;

test(
  "a million events are imported and exported unchanged by a process with too little memory to hold them",
  async () => {
    const script = scriptPath("import-and-export");
    const child = startProcess(process.execPath, [`--max-old-space-size=${HEAP}`, script, temporaryPath(), "1000000"]);

    const { code, lines, errors } = await child.ended;

    expect(errors).toBe("");
    expect(code).toBe(0);
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([{ imported: 1_000_000, same: true }]);
  },
  LONGEST,
);
