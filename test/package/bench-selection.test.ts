/** The benchmark measures what `--only` names, and refuses what it does not have: otherwise it would measure nothing, or nonsense. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PARTS } from "../bench/parts.ts";
import { readBuild, readNumber, select } from "../bench/selection.ts";
import { DOCUMENTS } from "../support/documents.ts";
import { ROOT, runNode } from "../support/run-node.ts";

const asked = (only: string): readonly string[] => {
  const { parts, only: wanted } = select(only, PARTS);
  return [...parts, ...(wanted === undefined ? [] : [wanted])];
};

describe("what the benchmark measures", () => {
  test("all parts without --only, and none of them with none", () => {
    expect(select(undefined, PARTS)).toEqual({ parts: Object.keys(PARTS) });
    expect(select("none", PARTS)).toEqual({ parts: [] });
  });

  test.each(Object.entries(PARTS))("%s: the part, each of its cases alone, and no other", (name, { cases = {} }) => {
    const { names = [], rows = [], number } = cases;
    expect(asked(name)).toEqual([name]);
    for (const known of [...names, ...rows, ...rows.map((row) => row.slice(0, 5))]) {
      expect(asked(`${name}/${known}`)).toEqual([name, known]);
    }
    if (number !== undefined) expect(asked(`${name}/${number.step * 3}`)).toEqual([name, String(number.step * 3)]);

    const wrong = [
      "",
      " ",
      "no such case",
      "no/such/case",
      "0",
      "-1",
      "1.5",
      "NaN",
      "1e3",
      "9".repeat(20),
      "constructor",
    ];
    const almost = [...names, ...rows].flatMap((known) => [`${known} `, ` ${known}`, `${known}/`]);
    const accepted = [...wrong, ...almost].filter((text) => !isRefused(`${name}/${text}`));
    expect(accepted).toEqual([]);
  });

  test.each(["", "/", "grow", "growth ", "Growth", "constructor", "none/1", "/random"])("no part %j", (only) => {
    expect(() => select(only, PARTS)).toThrow(/^the benchmark has no part ".*", but appends, .* or peers$/);
  });

  test("the message names what there is", () => {
    expect(() => select("growth/12", PARTS)).toThrow(
      'the part "growth" has no case "12", but batches, scattered, singles, pages, random, disk or EVENTS, a multiple of 10000',
    );
    expect(() => select("appends/1", PARTS)).toThrow('the part "appends" is measured as a whole: --only appends');
  });

  test("rounds are a whole number, and another build is one", () => {
    expect(readNumber("--rounds", "7")).toBe(7);
    expect(["", "x", "0", "-1", "1.5", "7 "].filter((text) => !throws(() => readNumber("--rounds", text)))).toEqual([]);
    expect(readBuild("--beside", join(ROOT, "dist"))).toBe(join(ROOT, "dist"));
    expect(() => readBuild("--beside", ROOT)).toThrow("--beside must be the folder of a build");
  });

  test("--help lists the options, the parts and their cases; a wrong option ends the run with a message", async () => {
    const script = join(ROOT, ".build/test/bench/index.js");
    const [help, failure] = await Promise.all([
      runNode(script, ["--help"]),
      runNode(script, ["--only", "soak/long"]).catch((error: Error) => error.message),
    ]);

    const [options = "", parts = ""] = help.split("Parts, with what may follow a slash:\n");
    // Each option with what it is, and the one default.
    const described = [...options.matchAll(/^ {2}--(\w+) +\S+( \S+){5,}$/gm)].map(([, name]) => name);
    expect(described).toEqual(["only", "json", "docs", "beside", "rounds"]);
    expect(options).toMatch(/^ {2}--rounds .* \(7\)$/m);
    expect([...parts.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name)).toEqual(Object.keys(PARTS));
    const unnamed = Object.entries(PARTS).flatMap(([name, { cases }]) => {
      const [, shown = ""] = new RegExp(`^ {2}${name} *(.*(?:\\n {6}.*)*)`, "m").exec(parts) ?? [];
      const { names = [], rows = [], number } = cases ?? {};
      const wanted = [...names, ...rows, ...(number === undefined ? [] : [number.name, String(number.step)])];
      return wanted.filter((one) => !shown.includes(one)).map((one) => `${name}/${one}`);
    });
    expect(unnamed).toEqual([]);
    expect(failure).toContain('ended with 2:\nthe part "soak" has no case "long", but MINUTES, a whole number from 1');
    expect(failure).not.toContain("    at ");
  });

  test("the documents name only what there is", () => {
    const named = DOCUMENTS.flatMap((path) => {
      const text = readFileSync(join(ROOT, path), "utf8").replaceAll(/\s+/g, " ");
      const commands = [...text.matchAll(/--only ("[^"]+"|[\w/-]+)/g)].map(([, only = ""]) => only);
      // The last column of the overview has what follows `--only`.
      const [, overview = ""] = /## Aims, and what was reached(.*?) ## /.exec(text) ?? [];
      const cells = [...overview.matchAll(/`([a-z]+(?:\/[\w-]+)?|"cpu\/[^"]+")`(?=; `| +\|)/g)].map(
        ([, only = ""]) => only,
      );
      return [...commands, ...cells].map((only) => only.replaceAll('"', ""));
    });

    expect(named.length).toBeGreaterThan(25);
    expect(named.filter(isRefused)).toEqual([]);
  });
});

function isRefused(only: string): boolean {
  return throws(() => select(only, PARTS));
}

function throws(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch {
    return true;
  }
}
