import { useSignal } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { SNAPSHOT_EVERY } from "../../counter/counter-decider.ts";
import { labelOf, type Counters } from "../../counter/counter.ts";
import type { Facts } from "../../counter/service.ts";
import { createLatest } from "../../counter/latest.ts";
import { formatBytes, formatCount, formatNumber } from "../ui/format.ts";
import { Notice } from "../ui/notice.tsx";
import { useApp, useLive } from "../ui/use-app.ts";
import { Persistence } from "./persistence.tsx";

const BACKENDS: Readonly<Record<Facts["backend"], string>> = {
  opfs: "a file of this browser (OPFS)",
  file: "a file on the server's disk",
  "durable-object": "a Durable Object at the edge",
  postgres: "a PostgreSQL database",
  memory: "memory: gone with the page",
};

const DURABILITY: Readonly<Record<Facts["durability"], string>> = {
  full: "flushed to disk before it is acknowledged",
  normal: "a power cut may lose the last commits",
  "output-gate": "on disk before anything sent afterwards leaves the object",
  none: "kept in memory only",
};

/** How long after the last event a snapshot of it may be saved, in milliseconds: then the facts are asked for again. */
const LATER = 1_500;

/** The facts of `info()`. */
export function FactList(): VNode {
  const { service, notices } = useApp();
  const { state, position } = useLive(service.counters).value;
  const facts = useSignal<Facts | undefined>(undefined);
  const ask = useMemo(
    () =>
      createLatest(async () => {
        facts.value = (await notices("facts").attempt(() => service.facts())) ?? facts.value;
      }),
    [service, notices, facts],
  );
  useEffect(() => {
    ask(undefined);
    const timer = setTimeout(() => ask(undefined), LATER);
    return () => clearTimeout(timer);
  }, [position, ask]);
  const now = facts.value;
  return (
    <div class="panel facts">
      <h3>Storage</h3>
      <dl aria-busy={now === undefined}>
        <Fact name="Kept in">{now && BACKENDS[now.backend]}</Fact>
        <Fact name="Driver">{now?.adapter}</Fact>
        <Fact name="Durability">{now && DURABILITY[now.durability]}</Fact>
        <Fact name="Events">{now && formatNumber(now.events)}</Fact>
        <Fact name="Database">{now?.size === undefined ? "…" : formatBytes(now.size)}</Fact>
        {now?.quota !== undefined && <Quota usage={now.usage ?? 0} quota={now.quota} />}
        <Unread counters={state} />
        <Fact name="Snapshots">{now && <Snapshots facts={now} counters={state} />}</Fact>
        <Fact name="Eviction">{now && <Persistence persisted={now.persisted} onChange={() => ask(undefined)} />}</Fact>
      </dl>
      <Notice of={notices("eviction")} />
      <Notice of={notices("facts")} />
    </div>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }): VNode {
  return (
    <div class="fact">
      <dt>{name}</dt>
      <dd>{children ?? "…"}</dd>
    </div>
  );
}

function Quota({ usage, quota }: { readonly usage: number; readonly quota: number }): VNode {
  return (
    <Fact name="Quota">
      {formatBytes(usage)} of {formatBytes(quota)} used by this site
      <meter aria-label="Used part of the quota" min={0} max={quota} value={usage} />
    </Fact>
  );
}

/** The most counters that are named. */
const NAMED = 3;

/** Events that could not be read, or only in part. */
function Unread({ counters }: { readonly counters: Counters }): VNode | null {
  const some = Object.entries(counters).filter(([, { unread }]) => unread > 0);
  if (some.length === 0) return null;
  const all = some.reduce((sum, [, { unread }]) => sum + unread, 0);
  return (
    <Fact name="Not read">
      {formatCount(all, "event")}, or parts of them: the log says why. They are of{" "}
      {some.length <= NAMED
        ? some.map(([stream]) => labelOf(stream, counters)).join(", ")
        : formatCount(some.length, "counter")}
      .
    </Fact>
  );
}

interface SnapshotsProps {
  readonly facts: Facts;
  readonly counters: Counters;
}

function Snapshots({ facts: { snapshots }, counters }: SnapshotsProps): VNode {
  if (snapshots.length === 0) {
    return <>none yet: the next command to a counter with {SNAPSHOT_EVERY} new events saves one</>;
  }
  return (
    <>
      {snapshots
        .map(({ stream, version }) => `${labelOf(stream, counters)} at version ${formatNumber(version)}`)
        .join("; ")}
    </>
  );
}
