import { isEventStoreError, type AnyEventStoreError, type EventStoreErrorCode } from "rivulet";
import { messageOf } from "rivulet/adapter";

/** An error as the user sees it. */
export interface Problem {
  readonly title: string;
  readonly advice: string;
  /** The button that helps, if any. */
  readonly remedy?: "reload" | "reopen" | undefined;
  /** Whether the cause is in the database, so that it stays however often the page is opened. */
  readonly stored?: true;
  /** The library's own message. */
  readonly detail?: string | undefined;
}

type Told = Omit<Problem, "detail">;

const NOT_LOADED: Told = {
  title: "A part of this page could not be loaded.",
  advice: "Check the connection, then reload.",
  remedy: "reload",
};

const BY_CODE: Partial<Record<EventStoreErrorCode, Told>> = {
  "storage-full": {
    title: "There is no room left on this device.",
    advice: "Nothing that was saved is lost. Free some space, and try again.",
  },
  "storage-busy": { title: "Another program has been writing for a long time.", advice: "Try again in a moment." },
  "storage-format": {
    title: "The database is not one that rivulet can read.",
    advice: "Import a copy that you exported earlier, or start anew. Nothing has been changed or removed.",
    stored: true,
  },
  "storage-corrupt": {
    title: "The database is damaged.",
    advice: "Import a copy that you exported earlier, or start anew. Nothing has been changed or removed.",
    stored: true,
  },
  "store-replaced": {
    title: "The database was replaced, here or in another tab.",
    advice: "Open the new one to continue.",
    remedy: "reopen",
  },
  "store-closed": {
    title: "The database was closed.",
    advice: "Open it again to continue.",
    remedy: "reopen",
  },
  "client-outdated": {
    title: "A newer version of this page is open in another tab.",
    advice: "Reload to use it here too. Nothing is lost.",
    remedy: "reload",
  },
  "worker-lost": {
    title: "The part of the page that keeps the data has stopped.",
    advice: "What was saved is safe. Open it again to continue.",
    remedy: "reopen",
  },
  "outcome-unknown": {
    title: "It is not known whether that was saved.",
    advice: "Check whether it is there before you do it again. Everything before it is safe.",
  },
  "hub-changed": {
    title: "The server has other counters than before.",
    advice: "They were replaced, or restored from a copy. What this browser has is kept, and nothing is mixed.",
  },
  "replica-diverged": {
    title: "This browser and the server have different histories.",
    advice: "Nothing was changed here. What this browser has is kept.",
  },
  unauthorized: {
    title: "The server does not know this device.",
    advice: "Reload the page to introduce it again.",
    remedy: "reload",
  },
  "outbox-full": {
    title: "Too much waits for the server.",
    advice: "Go online before you do more. What waits is kept.",
  },
  "version-conflict": { title: "Somebody was faster.", advice: "Look at what is new, and decide again." },
  "projection-failed": {
    title: "The database contains an event that this page does not understand.",
    advice: "It may come from an imported file. Import another file, or start anew.",
    stored: true,
  },
  "query-timeout": { title: "A query took too long, and was ended.", advice: "Try again in a moment." },
  "code-unavailable": NOT_LOADED,
};

/** A newer version of the page has opened the database, and has upgraded it. */
const NEWER: Told = {
  title: "A newer version of this page wrote the database.",
  advice: "Reload to get that version. Nothing is lost.",
  remedy: "reload",
};

const NO_FILES: Told = {
  title: "The browser gives this page no storage.",
  advice: "Private windows often do not. Open the page in an ordinary window.",
  remedy: "reopen",
};

const HELD: Told = {
  title: "Another tab has the database open and does not answer.",
  advice: "Close the other tabs of this page, and try again. Nothing is lost.",
  remedy: "reopen",
};

const UNAVAILABLE: Readonly<Record<string, Told>> = {
  "insecure-page": {
    title: "This page was not loaded securely, so the browser gives it no storage.",
    advice: "Open it by https, or from this machine as localhost.",
  },
  "old-browser": {
    title: "This browser is too old to keep a database.",
    advice: "Update it to use this page.",
  },
  "worker-not-loaded": NOT_LOADED,
  "wasm-not-loaded": NOT_LOADED,
  blocked: {
    title: "The browser denies this page storage.",
    advice: "Allow this site to keep data (cookies).",
    remedy: "reopen",
  },
  "no-files": NO_FILES,
  "no-sync-access": NO_FILES,
  "no-answer": HELD,
  files: HELD,
};

/** For the browser and the server: it says nothing about unknown causes. */
const NOT_OPENED: Told = {
  title: "The database cannot be used right now.",
  advice: "What was saved is still there. Try again in a moment.",
  remedy: "reopen",
};

/** The errors of a file that was chosen: the database of this browser is not meant. */
const OF_FILE: Partial<Record<EventStoreErrorCode, Told>> = {
  "storage-corrupt": {
    title: "The chosen file is damaged.",
    advice: "Choose another copy. The counters of this browser are as they were.",
  },
  "storage-format": {
    title: "The chosen file is not one that rivulet can read.",
    advice: "Choose a database that was exported here, by this version or an older one. Nothing has changed.",
  },
};

const UNREADABLE: Told = {
  title: "The chosen file cannot be read.",
  advice: "It may have been changed or moved since it was chosen. Choose it again.",
};

/** What is told of errors whose cause is unknown: of a task, and of a page that cannot be shown. */
const UNKNOWN: Told = { title: "That did not work.", advice: "Try again, or reload the page.", remedy: "reload" };
const NOT_SHOWN: Told = {
  title: "The counters cannot be shown.",
  advice: "Reload the page. If that does not help, something that is stored is not as this page expects it.",
  remedy: "reload",
  stored: true,
};

/** Converts an error. */
export function toProblem(error: unknown): Problem {
  return convert(error, isEventStoreError(error) ? { title: UNKNOWN.title, advice: "Try again." } : UNKNOWN);
}

/** Converts an error for which the page cannot be shown at all. */
export function toFailure(error: unknown): Problem {
  return convert(error, NOT_SHOWN);
}

/** Converts an error about a file that the user has chosen. */
function toFileProblem(error: unknown): Problem {
  const told = isEventStoreError(error) ? OF_FILE[error.code] : isUnreadable(error) ? UNREADABLE : undefined;
  return told === undefined ? toProblem(error) : { ...told, detail: messageOf(error) };
}

/** Whether the browser could not read a file: it was changed, moved or removed after it was chosen, or may not be read. */
function isUnreadable(error: unknown): boolean {
  return error instanceof DOMException && ["NotReadableError", "NotFoundError"].includes(error.name);
}

/** Whether a file has a format of a later version. It is sound, and must not be removed. */
export function isNewer(error: unknown): boolean {
  if (!isEventStoreError(error, "storage-format")) return false;
  const { found, supported } = error.details;
  return typeof found === "number" && found > supported;
}

function convert(error: unknown, unknown: Told): Problem {
  const detail = messageOf(error);
  if (isEventStoreError(error)) return { ...(toldOf(error) ?? unknown), detail };
  if (error instanceof Error && error.name === "ChosenFile") return toFileProblem(error.cause);
  if (error instanceof Error && error.name === "Refusal") return { title: error.message, advice: "" };
  if (error instanceof Error && error.name === "Unreachable") {
    return {
      title: "The server cannot be reached.",
      advice: "Start it with npm start. What you do meanwhile is kept in this browser.",
      remedy: "reopen",
    };
  }
  return { ...unknown, detail };
}

function toldOf(error: AnyEventStoreError): Told | undefined {
  if (error.code === "storage-unavailable") return UNAVAILABLE[error.details.reason] ?? NOT_OPENED;
  return isNewer(error) ? NEWER : BY_CODE[error.code];
}
