import { EventStoreError, type EventStoreErrorCode } from "rivulet";
import { describe, expect, test } from "vitest";
import { ofChosenFile, readChosen } from "../../demo/page/session/chosen-file.ts";
import { toFailure, toProblem, type Problem } from "../../demo/page/session/problem.ts";

/** Every error code, and whether the page offers to replace or remove the database after such a failure. */
const IN_DATABASE = {
  "invalid-argument": true,
  "invalid-event": true,
  "version-conflict": false,
  "event-id-conflict": true,
  "store-closed": false,
  "store-replaced": false,
  "client-outdated": false,
  "storage-unavailable": false,
  "storage-full": false,
  "storage-busy": false,
  "storage-format": true,
  "storage-corrupt": true,
  "worker-lost": false,
  "outcome-unknown": false,
  "unknown-event": true,
  "upcast-failed": true,
  "projection-failed": true,
  "import-failed": true,
  "consumer-failed": true,
  "consumer-timeout": true,
  "lineage-changed": true,
  "query-timeout": false,
  "lease-lost": true,
  "stream-followed": true,
  "hub-changed": false,
  "replica-diverged": false,
  unauthorized: false,
  "entry-rejected": true,
  "outbox-full": false,
  "code-unavailable": false,
} satisfies Record<EventStoreErrorCode, boolean>;

/** Converts an error of a task on a chosen file. */
async function toFileProblem(error: unknown): Promise<Problem> {
  try {
    return await ofChosenFile(async () => {
      throw error;
    });
  } catch (thrown) {
    return toProblem(thrown);
  }
}

describe("messages about failures", () => {
  test("a full disk, a newer page and a lost worker each have a message that says how to continue", () => {
    expect(toProblem(new EventStoreError("storage-full", "", {})).title).toBe("There is no room left on this device.");
    expect(toProblem(new EventStoreError("client-outdated", "", {}))).toMatchObject({
      title: "A newer version of this page is open in another tab.",
      remedy: "reload",
    });
    expect(toProblem(new EventStoreError("worker-lost", "", {}))).toMatchObject({
      title: "The part of the page that keeps the data has stopped.",
      remedy: "reopen",
    });
  });

  test("a chosen file that is damaged is not taken for the database of this browser", async () => {
    const damaged = new EventStoreError("storage-corrupt", "", {});
    expect(toProblem(damaged).title).toBe("The database is damaged.");
    expect((await toFileProblem(damaged)).title).toBe("The chosen file is damaged.");
    expect(await toFileProblem(new EventStoreError("storage-full", "", {}))).toEqual(
      toProblem(new EventStoreError("storage-full", "", {})),
    );
  });

  test.each(["NotReadableError", "NotFoundError"])(
    "a chosen file that was changed or removed before it was read is told of, not the page: %s",
    async (name) => {
      const gone = { arrayBuffer: () => Promise.reject(new DOMException("gone", name)) } as unknown as File;
      const error = await readChosen(gone).catch((thrown: unknown) => thrown);
      expect(toProblem(error)).toEqual({
        title: "The chosen file cannot be read.",
        advice: "It may have been changed or moved since it was chosen. Choose it again.",
        detail: "gone",
      });
    },
  );

  test("an error that cannot be printed has a message too", () => {
    expect(toProblem(Object.create(null))).toMatchObject({
      title: "That did not work.",
      detail: "an unprintable value",
    });
  });

  test.each([
    ["insecure-page", "This page was not loaded securely, so the browser gives it no storage."],
    ["no-files", "The browser gives this page no storage."],
    ["no-sync-access", "The browser gives this page no storage."],
    ["worker-not-loaded", "A part of this page could not be loaded."],
    ["wasm-not-loaded", "A part of this page could not be loaded."],
    ["no-answer", "Another tab has the database open and does not answer."],
    ["files", "Another tab has the database open and does not answer."],
    ["unexpected", "The database cannot be used right now."],
  ])("a storage that is not available, %s, is not blamed on something else", (reason, title) => {
    expect(toProblem(new EventStoreError("storage-unavailable", "in its own words", { reason }))).toMatchObject({
      title,
      detail: "in its own words",
    });
  });

  test.each(Object.entries(IN_DATABASE))("whether the cause of %s is in the database: %s", (code, stored) => {
    const error = new EventStoreError(code as EventStoreErrorCode, "in its own words", {
      reason: "unexpected",
      found: "not a SQLite database",
      supported: 7,
    });
    expect(toFailure(error).stored ?? false).toBe(stored);
  });

  test.each(["insecure-page", "old-browser", "worker-not-loaded", "blocked", "no-files", "files"])(
    "a storage that is not available, %s, is no cause in the database",
    (reason) => {
      const error = new EventStoreError("storage-unavailable", "", { reason });
      expect(toFailure(error)).toEqual(toProblem(error));
      expect(toFailure(error).stored).toBeUndefined();
    },
  );

  test("a database of a newer version is sound, and a reload is what helps", async () => {
    const newer = new EventStoreError("storage-format", "", { found: 8, supported: 7 });
    expect(toFailure(newer)).toMatchObject({
      title: "A newer version of this page wrote the database.",
      remedy: "reload",
    });
    expect(toFailure(newer).stored).toBeUndefined();
    const older = new EventStoreError("storage-format", "", { found: 0, supported: 7 });
    expect(toFailure(older)).toMatchObject({ title: "The database is not one that rivulet can read.", stored: true });
    expect((await toFileProblem(newer)).title).toBe("The chosen file is not one that rivulet can read.");
  });

  test("an error of the page itself may come from what is stored; a server that cannot be reached does not", () => {
    expect(toFailure(new TypeError("x is undefined"))).toMatchObject({
      title: "The counters cannot be shown.",
      stored: true,
    });
    expect(toFailure(Object.assign(new Error("no answer"), { name: "Unreachable" })).stored).toBeUndefined();
  });
});
