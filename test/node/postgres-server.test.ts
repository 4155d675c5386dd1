import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { startScript } from "../support/child.ts";
import { connect } from "../support/postgres-client.ts";
import { mayBeLeftOut } from "../support/postgres.ts";

describe.skipIf(mayBeLeftOut())("the PostgreSQL server of a test", () => {
  test("ends, and leaves no folder, when the process that started it is killed", async () => {
    const starter = startScript("postgres-server");
    const host = (await starter.line("serves ")).slice("serves ".length);
    const client = await connect(host);
    const lost = new Promise((resolve) => client.once("end", resolve));

    starter.kill();

    await lost;
    await expect.poll(() => existsSync(host), { interval: 5 }).toBe(false);
  });
});
