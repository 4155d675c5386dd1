import * as fc from "fast-check";
import { isEventStoreError } from "rivulet";
import { parseStrictJson } from "rivulet/ndjson";
import { expect, test } from "vitest";
import { createRandom } from "../support/random.ts";

/** The tokens of a JSON text: strings, numbers, punctuation and white space. */
const PARTS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\s+|[a-z]+|./gsu;
const NUMERAL = /^-?\d/;

/** Forms that other programs write but `JSON.stringify` does not. */
type Change = (parts: string[], at: number) => void;

const longer = fc.stringMatching(/^[0-9]{1,25}$/).map((digits): Change => (parts, at) => {
  parts[at] = `${String(parts[at]).replace(/[.eE].*$/s, "")}${digits}`.replace(/^(-?)0+(?=\d)/, "$1");
});
const fraction = fc.stringMatching(/^[0-9]{1,25}$/).map((digits): Change => (parts, at) => {
  parts[at] = `${String(parts[at]).replace(/[.eE].*$/s, "")}.${digits}`;
});
const exponent = fc
  .tuple(fc.constantFrom("e", "E+", "e-"), fc.integer({ min: 0, max: 500 }))
  .map(([sign, power]): Change => (parts, at) => {
    parts[at] = `${String(parts[at]).replace(/[eE].*$/s, "")}${sign}${power}`;
  });

/** Duplicates a member before a key, perhaps with the key escaped differently. */
const twice = fc.boolean().map((escaped): Change => {
  return (parts, at) => {
    const key = String(parts[at]);
    const letter = /^"([a-z])/i.exec(key)?.[1];
    const same = escaped && letter !== undefined ? `"\\u00${letter.charCodeAt(0).toString(16)}${key.slice(2)}` : key;
    parts.splice(at, 0, same, ":", "0", ",");
  };
});

const text = fc
  .record({
    json: fc.json({ maxDepth: 4 }),
    numerals: fc.array(fc.tuple(fc.nat(), fc.oneof(longer, fraction, exponent)), { maxLength: 4 }),
    keys: fc.array(fc.tuple(fc.nat(), twice), { maxLength: 1 }),
  })
  .map(({ json, numerals, keys }) => {
    // Changes some tokens, and inserts white space between them.
    const parts = `{"n": [0, -1, 2.5, 31415926535], "json": ${json} ,"t":1700000000000}`.match(PARTS) as string[];
    const pick = (wanted: (part: string, index: number) => boolean, at: number): number => {
      const found = [...parts.keys()].filter((index) => wanted(parts[index] as string, index));
      return found[at % found.length] as number;
    };
    for (const [at, change] of numerals)
      change(
        parts,
        pick((part) => NUMERAL.test(part), at),
      );
    for (const [at, change] of keys)
      change(
        parts,
        pick((_, index) => parts[index + 1] === ":", at),
      );
    return parts.join("");
  });

test("any text is refused, or parsed and written again without loss", () => {
  const { seed } = createRandom("strict JSON");
  let taken = 0;
  let refused = 0;

  fc.assert(
    fc.property(text, (given) => {
      const expected = saidBy(given);
      let value: unknown;
      try {
        value = parseStrictJson(given);
      } catch (error) {
        if (!isEventStoreError(error, "invalid-argument")) throw error;
        refused += 1;
        // No text is refused without a reason.
        expect(saidBy(JSON.stringify(JSON.parse(given)))).not.toEqual(expected);
        return;
      }
      taken += 1;
      expect(saidBy(JSON.stringify(value))).toEqual(expected);
    }),
    { seed, numRuns: 3_000 },
  );
  expect([taken > 300, refused > 300]).toEqual([true, true]);
});

test("every text that JSON.stringify writes is accepted", () => {
  const { seed } = createRandom("written JSON");
  const number = fc.double({ noNaN: true, noDefaultInfinity: true });

  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.array(number)), (value) => {
      const written = JSON.stringify(value);
      expect(JSON.stringify(parseStrictJson(written))).toBe(written);
    }),
    { seed, numRuns: 2_000 },
  );
});

/** All numbers by their decimal value, and all strings, sorted so that the order of keys does not matter. */
function saidBy(json: string): readonly string[] {
  const parts = (json.match(PARTS) ?? []).filter((part) => !/^[\s:,]/.test(part));
  const said = parts.map((part) => {
    if (NUMERAL.test(part)) return decimal(part);
    return part.startsWith('"') ? JSON.stringify(JSON.parse(part)) : part;
  });
  return said.sort();
}

/** A number's exact value: a whole number that does not end with 0, and a power of ten. */
function decimal(numeral: string): string {
  const [mantissa = "", power = "0"] = numeral.toLowerCase().split("e");
  const [whole = "", digits = ""] = mantissa.split(".");
  let value = BigInt(whole.replace("-", "") + digits);
  let tens = Number(power) - digits.length;
  if (value === 0n) return "0";
  while (value % 10n === 0n) {
    value /= 10n;
    tens += 1;
  }
  return `${whole.startsWith("-") ? "-" : ""}${value}e${tens}`;
}
