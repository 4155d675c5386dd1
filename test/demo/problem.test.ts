import { EventStoreError } from "rivulet";
import { describe, expect, test } from "vitest";
import { toFileProblem, toProblem } from "../../demo/page/session/problem.ts";

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

  test("a chosen file that is damaged is not taken for the database of this browser", () => {
    const damaged = new EventStoreError("storage-corrupt", "", {});
    expect(toProblem(damaged).title).toBe("The database is damaged.");
    expect(toFileProblem(damaged).title).toBe("The chosen file is damaged.");
    expect(toFileProblem(new EventStoreError("storage-full", "", {}))).toEqual(
      toProblem(new EventStoreError("storage-full", "", {})),
    );
  });

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
});
