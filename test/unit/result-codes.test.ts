import sqlite3InitModule from "@sqlite.org/sqlite-wasm";
import { expect, test } from "vitest";
// Checked for the adapters of Node, which do not define this code.
import { resultName } from "../../dist/adapters/node/result-codes.js";

test("every result code has the name that SQLite itself gives it", async () => {
  const { capi } = await sqlite3InitModule();
  const codes = Array.from({ length: 102 * 64 }, (_, index) => ((index % 64) << 8) | Math.floor(index / 64));
  const named = codes.filter((code) => capi.sqlite3_js_rc_str(code) !== undefined);

  expect(named.map((code) => [code, resultName(code)])).toEqual(
    named.map((code) => [code, capi.sqlite3_js_rc_str(code)]),
  );
  expect(named.length).toBeGreaterThan(100);
  expect([resultName(10 | (60 << 8)), resultName(99)]).toEqual(["SQLITE_IOERR", "SQLITE_99"]);
});
