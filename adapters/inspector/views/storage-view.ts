import type { StorageInfo } from "../../../src/index.ts";
import type { InspectedSnapshot } from "../../../src/inspection/index.ts";
import { badge, button, facts, fill, h, problem, refill, section } from "../parts/dom.ts";
import { jsonView } from "../parts/json-view.ts";
import { createLatest } from "../parts/latest.ts";
import { bytes, count, fullTime, many, preview } from "../parts/text.ts";
import type { View, ViewContext } from "../view.ts";
import { findTabs, type OpenDatabase } from "./tabs.ts";

/** Where the store is and how durably, tabs and their roles, leases, snapshots. */
export function createStorageView({ store, inspection, head }: ViewContext): View {
  const looking = createLatest();
  const listing = createLatest();
  const trouble = h("div", { class: "trouble" });
  const about = h("div", {});
  const tabs = h("div", {});
  const leases = h("div", {});
  const rows = h("tbody", {});
  const more = h("div", { class: "actions" });
  const none = h("p", { class: "quiet", hidden: true }, "None yet.");
  const table = h(
    "div",
    { class: "scroll tall", tabindex: 0, role: "region", "aria-label": "Snapshots", hidden: true },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ...["Stream", "Projection", "Schema", "At", "Size", "Saved"].map((title, index) =>
            h("th", { scope: "col", class: index > 1 && index < 5 && "number" }, title),
          ),
        ),
      ),
      rows,
    ),
  );
  const state = h("div", {});
  const element = h(
    "div",
    { class: "view-body padded storage" },
    trouble,
    about,
    tabs,
    section("Leases", leases),
    section("Snapshots", none, table, more, state),
  );
  const tell = (error: unknown): void => fill(trouble, problem(error));
  let listed = false;

  function look(): void {
    looking.run(
      async () => ({ info: await store.info(), held: await inspection.leases(), databases: await findTabs() }),
      ({ info, held, databases }) => {
        fill(trouble);
        refill(about, describeInfo(info, head()));
        refill(tabs, databases.length > 0 && section("Tabs of this site", tabTable(databases)));
        refill(
          leases,
          held.length === 0
            ? h("p", { class: "quiet" }, "None is held.")
            : h(
                "ul",
                { class: "listing" },
                ...held.map((name) =>
                  h("li", {}, h("code", {}, name), " ", h("span", { class: "quiet" }, meaningOf(name))),
                ),
              ),
        );
      },
      tell,
    );
  }

  function list(after?: string): void {
    listing.run(
      () => inspection.snapshots(after === undefined ? {} : { after }),
      ({ snapshots, next }) => {
        if (after === undefined) fill(rows);
        rows.append(...snapshots.map((snapshot) => snapshotRow(snapshot, () => show(snapshot))));
        table.hidden = rows.childElementCount === 0;
        none.hidden = !table.hidden;
        fill(more, next !== undefined && button("Show more", () => list(next)));
      },
      tell,
    );
  }

  function show({ stream, projection, version, state: text }: InspectedSnapshot): void {
    const title = `${nameOf(projection)} of ${stream ?? "the whole store"} at ${count(version)}`;
    const shown = section(title, jsonView(stateIn(text)));
    fill(state, shown);
    shown.scrollIntoView({ block: "nearest" });
  }

  return {
    element,
    refresh() {
      look();
      // They are read again when the view is, not after every event.
      if (!listed) list();
      listed = true;
    },
    close() {
      looking.drop();
      listing.drop();
    },
  };
}

function describeInfo(info: StorageInfo, head: number): HTMLElement {
  const { adapter, backend, vfs, persisted, durability, role, formatVersion, lineage, size, usage, quota } = info;
  const known = usage !== undefined && quota !== undefined;
  return h(
    "section",
    {},
    h("h2", {}, adapter, " ", badge(backend), " ", badge(role, role === "leader" ? "good" : "plain")),
    facts([
      ["Newest position", count(head)],
      ["Durability", durability],
      ["Kept", persisted ? "yes" : backend === "memory" ? "no: in memory" : "the browser may evict it"],
      ["Size", size !== undefined && bytes(size)],
      ["File system", vfs],
      ["Format", formatVersion],
      ["Lineage", h("code", {}, lineage)],
      [
        "Used of the quota",
        known &&
          h(
            "div",
            {},
            `${bytes(usage)} of ${bytes(quota)}`,
            h("meter", { min: 0, max: quota, value: usage, high: quota * 0.8, "aria-label": "Quota" }),
          ),
      ],
    ]),
  );
}

function tabTable(databases: readonly OpenDatabase[]): HTMLElement {
  return h(
    "ul",
    { class: "listing" },
    ...databases.map(({ name, tabs, leading, own }) =>
      h(
        "li",
        {},
        h("strong", {}, name),
        ` ${many(tabs, "tab")}, ${leaderOf(tabs, leading)}`,
        own > 0 ? `, ${many(own, "lock")} of read models, consumers and replicas` : "",
      ),
    ),
  );
}

function leaderOf(tabs: number, leading: boolean): string {
  if (tabs === 1) return leading ? "the leader" : "not the leader";
  return leading ? "one of them is the leader" : "none is the leader";
}

function meaningOf(lease: string): string {
  const [kind = ""] = lease.split("/", 1);
  const meanings: Readonly<Record<string, string>> = {
    consumer: "a client calls its handler",
    build: "its tables are being filled",
    model: "a client has it open",
    replica: "a client speaks with the hub",
    copy: "a copy is running",
  };
  return meanings[kind] ?? "";
}

function snapshotRow(
  { stream, projection, schema, version, timestamp, state }: InspectedSnapshot,
  show: () => void,
): HTMLElement {
  const label = `Show ${nameOf(projection)} of ${stream ?? "all streams"} at ${version}`;
  return h(
    "tr",
    {},
    h(
      "td",
      {},
      button(stream ?? "all", show, { class: stream === undefined ? "link null" : "link", "aria-label": label }),
    ),
    h("td", {}, nameOf(projection)),
    h("td", { class: "number" }, schema),
    h("td", { class: "number" }, count(version)),
    h("td", { class: "number" }, bytes(new Blob([state]).size)),
    h("td", { class: "time" }, fullTime(timestamp)),
  );
}

/** A state that is damaged is shown as its text. */
function stateIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** States of the whole store are kept under their name and filter, as JSON after an @. */
function nameOf(projection: string): string {
  try {
    const [name, filter] = JSON.parse(projection.replace(/^@(?=\[)/, "")) as [unknown, unknown];
    if (typeof name === "string") return `${name} ${preview(filter, 80)}`;
  } catch {
    // Any other name.
  }
  return projection;
}
