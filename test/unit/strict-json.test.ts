import { isEventStoreError } from "rivulet";
import { parseStrictJson } from "rivulet/ndjson";
import { describe, expect, test } from "vitest";

describe("content that JSON.parse would lose is refused with its path", () => {
  test.each([
    ["12345678901234567890", ""],
    ["[1,-9007199254740993]", "[1]"],
    ['{"a":{"b":[[],{"c d":0.1234567890123456789}]}}', "a.b[1].c d"],
    // The double's exact value, which JavaScript prints as 18446744073709552000.
    ["[18446744073709551616]", "[0]"],
    ["[0.10000000000000001]", "[0]"],
    ["[1E400]", "[0]"],
    ["[-1e400]", "[0]"],
    ["[1e-400]", "[0]"],
    ["[1e99999999999999999999]", "[0]"],
    ["[1e-99999999999999999999]", "[0]"],
    ["[9007199254740993.0]", "[0]"],
    ["[9007199254740993e0]", "[0]"],
    ['{"a":1,"a":1}', "a"],
    ['{"a":{"x":1},"b":2,"a":{"x":1}}', "a"],
    ['{"a":1,"\\u0061":2}', "a"],
    ['{"\\"":1,"\\u0022":2}', '"'],
    ['{"__proto__":1,"__proto__":2}', "__proto__"],
    ['{"":1,"":2}', ""],
    ['[[{ "a" : [ { "b" : 1 , "b" : 2 } ] }]]', "[0][0].a[0].b"],
    [`{${Array.from({ length: 1_000 }, (_, n) => `"k${n}":${n},`).join("")}"k7":1}`, "k7"],
  ])("%s", (text, path) => {
    let thrown: unknown;
    try {
      parseStrictJson(text);
    } catch (error) {
      thrown = error;
    }
    expect(isEventStoreError(thrown, "invalid-argument") && thrown.details.argument).toBe(path);
  });
});

test.each([
  "null",
  "-0",
  "[0e400,0.000e-400,-0.0]",
  "[1.0,1.10,1e2,1E+2,1e-2,100e-2,0.00001e5,123456789012345680e0]",
  "[9007199254740991,9007199254740992,-9007199254740994,18446744073709552000,1e21,1e+300]",
  "[0.1,0.30000000000000004,5e-324,1.7976931348623157e308,1.7976931348623157e+308]",
  `[0.${"0".repeat(400)}1e401,1${"0".repeat(400)}e-400,1.5${"0".repeat(10_000)}]`,
  '["12345678901234567890","1e400",{"a":"{\\"a\\":1,\\"a\\":1e400}"}]',
  '{"a":1,"A":1,"b":{"a":{"a":[{"a":1},{"a":1}]}}}',
  '{"\\\\":1,"\\\\\\"":2,"\\\\\\\\":3}',
  '{"__proto__":{"a":1},"constructor":1,"toString":1}',
  '["\\ud800",{"\\udc00":"\\u0000"}]',
  ' \t\r\n{ "a" : [ ] , "b" : { } } ',
])("content that it keeps is parsed as JSON.parse does: %s", (text) => {
  expect(parseStrictJson(text)).toEqual(JSON.parse(text));
});

test("a key named __proto__ stays a key, and changes no prototype", () => {
  const value = parseStrictJson('{"__proto__":{"polluted":true}}') as object;

  expect(Object.keys(value)).toEqual(["__proto__"]);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});

test.each(["", "{", "[1,]", "01", "1.", "+1", "NaN", '{"a":1,"a"', "'a'", '"\u0000"'])("%j is not JSON", (text) => {
  expect(() => parseStrictJson(text)).toThrow(SyntaxError);
});

test("the parser does not recurse, however deep a text is nested", () => {
  const depth = 100_000;
  const nested = (inside: string): string => '{"a":['.repeat(depth) + inside + "]}".repeat(depth);

  expect(parseStrictJson(nested("1"))).toBeTypeOf("object");
  expect(() => parseStrictJson(nested("1e400"))).toThrow("would become Infinity");
});

test("a hundred thousand digits, backslashes or keys are read in linear time", () => {
  const many = 100_000;

  expect(() => parseStrictJson(`[${"1".repeat(many)}]`)).toThrow("[0]: 1111");
  expect(() => parseStrictJson(`[0.${"0".repeat(many)}1]`)).toThrow("would become 0");
  expect(() => parseStrictJson(`[1${"0".repeat(many)}1e-${many}]`)).toThrow("would become 10,");
  expect(parseStrictJson(`["${"\\\\".repeat(many)}","${'\\"'.repeat(many)}"]`)).toHaveLength(2);
  const keys = Array.from({ length: many }, (_, n) => `"${n}":0`).join(",");
  expect(() => parseStrictJson(`{${keys},"99999":0}`)).toThrow("duplicate key");
});
