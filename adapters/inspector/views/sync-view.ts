import type { InspectedOutbox } from "../../../src/inspection/index.ts";
import type { OutboxItem, Replica } from "../../../src/sync/index.ts";
import { badge, button, facts, fill, h, problem, refill, section, type Child } from "../parts/dom.ts";
import { jsonView } from "../parts/json-view.ts";
import { createLatest } from "../parts/latest.ts";
import { count, fullTime, many } from "../parts/text.ts";
import type { View, ViewContext } from "../view.ts";

/** An entry of the outbox, of a running replica or as the store keeps it. */
interface Entry {
  readonly id: string;
  readonly streams: readonly string[];
  readonly timestamp: number;
  readonly body: unknown;
  readonly rejected?: unknown;
  readonly error?: unknown;
}

const TONES: Readonly<Record<string, "good" | "bad" | "past">> = {
  live: "good",
  "catching-up": "past",
  waiting: "past",
  offline: "bad",
  unauthorized: "bad",
  stopped: "bad",
};

/** How a replica stands with its hub, what is pending, and what the hub has refused. */
export function createSyncView({ inspection, replica, readOnly }: ViewContext): View {
  const latest = createLatest();
  const trouble = h("div", { class: "trouble" });
  const status = h("div", {});
  const pending = h("div", {});
  const rejected = h("div", {});
  const element = h("div", { class: "view-body padded" }, trouble, status, rejected, pending);
  const tell = (error: unknown): void => fill(trouble, problem(error));
  const stop = replica?.subscribe(() => load());
  /** Which entries are shown: news of others need not draw them again, and close what is opened in them. */
  let drawn = "";

  function load(): void {
    latest.run(
      async () => {
        const outbox = await inspection.outbox();
        if (replica === undefined) return { outbox, queued: outbox?.entries.map(toEntry) ?? [] };
        const items = await Promise.all([replica.pending(), replica.rejected()]);
        return { outbox, queued: items.flat().map(fromItem) };
      },
      ({ outbox, queued }) => {
        fill(trouble);
        draw(outbox, queued);
      },
      tell,
    );
  }

  function draw(outbox: InspectedOutbox | undefined, queued: readonly Entry[]): void {
    const refused = queued.filter((entry) => entry.rejected !== undefined);
    const waiting = queued.filter((entry) => entry.rejected === undefined);
    if (replica === undefined && outbox === undefined) {
      return refill(status, h("p", { class: "empty" }, "This store follows no hub."));
    }
    refill(status, replica === undefined ? aboutStored() : aboutReplica(replica), aboutFollowed(outbox));
    const wanted = JSON.stringify(queued.map(({ id, rejected: why, error }) => [id, why, String(why), String(error)]));
    if (wanted === drawn) return;
    drawn = wanted;
    refill(rejected, refused.length > 0 && section(`Rejected: ${count(refused.length)}`, ...refused.map(drawRejected)));
    refill(
      pending,
      section(
        `Pending: ${count(waiting.length)}`,
        ...(waiting.length === 0
          ? [h("p", { class: "quiet" }, "Everything is confirmed.")]
          : waiting.map((entry) => drawEntry(entry))),
      ),
    );
  }

  function drawRejected(entry: Entry): HTMLElement {
    const actions = (handle: Replica): HTMLElement =>
      h(
        "div",
        { class: "actions" },
        button("Retry", () => void handle.retry(entry.id).then(load, tell)),
        button("Discard", () => void handle.discard(entry.id).then(load, tell)),
      );
    return drawEntry(entry, replica === undefined || readOnly ? undefined : actions(replica));
  }

  function aboutReplica({ status: now, hurry }: Replica): HTMLElement {
    return h(
      "section",
      {},
      h("h2", {}, "Replica ", badge(now.connection, TONES[now.connection] ?? "plain")),
      facts([
        ["Pending", count(now.pending)],
        ["Rejected", count(now.rejected)],
        ["Behind the hub", now.lag === undefined ? "not heard yet" : many(now.lag, "position")],
        ["Catching up", now.progress && `${count(now.progress.position)} of ${count(now.progress.head)}`],
        ["No longer given", now.gone.length > 0 && now.gone.join(", ")],
      ]),
      now.error !== undefined && problem(now.error),
      !readOnly &&
        h(
          "div",
          { class: "actions" },
          button("Try now", () => hurry()),
        ),
    );
  }

  return {
    element,
    refresh: load,
    close() {
      latest.drop();
      stop?.();
    },
  };
}

function aboutStored(): HTMLElement {
  return h(
    "section",
    {},
    h("h2", {}, "Replica ", badge("not given")),
    h("p", { class: "quiet" }, "This is what the store keeps. Give the inspector the replica to see its connection."),
  );
}

function aboutFollowed(outbox: InspectedOutbox | undefined): Child {
  if (outbox === undefined || outbox.followed.length === 0) return undefined;
  return section(
    "Followed",
    h(
      "ul",
      { class: "listing" },
      ...outbox.followed.map(({ name, position }) =>
        h(
          "li",
          {},
          h("code", {}, name),
          " ",
          h("span", { class: "quiet" }, `up to the hub's position ${count(position)}`),
        ),
      ),
    ),
  );
}

function drawEntry({ id, streams, timestamp, body, rejected, error }: Entry, actions?: HTMLElement): HTMLElement {
  return h(
    "article",
    { class: "card", "aria-label": streams.join(", ") },
    h("header", {}, h("strong", {}, streams.join(", ")), h("span", { class: "quiet" }, fullTime(timestamp))),
    rejected !== undefined && problem(rejected),
    error !== undefined && problem(error),
    actions,
    facts([["Id", h("code", {}, id)]]),
    jsonView(unfold(body)),
  );
}

function fromItem({ id, streams, timestamp, entry, rejected, error }: OutboxItem): Entry {
  return { id, streams, timestamp, body: entry, rejected, error };
}

function toEntry(entry: InspectedOutbox["entries"][number]): Entry {
  return entry;
}

/** Commands and events are sent as texts of JSON. */
function unfold(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(unfold);
  if (typeof body === "object" && body !== null) {
    return Object.fromEntries(Object.entries(body).map(([key, value]) => [key, unfold(value)]));
  }
  if (typeof body !== "string" || !/^[[{]/.test(body)) return body;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return body;
  }
}
