// Comments stand outside of the text, which is sent as it is.

/** The log with its event, and the views that have a list at their side. What tells that there are no events lies over the empty list. */
export const LOG_STYLES: string = `
.list { position: relative; flex: 1; min-width: 0; overflow: auto; background: var(--panel); }
.list .space { position: relative; overflow: hidden; }
.row { position: absolute; inset: 0 0 auto 0; display: flex; align-items: center; gap: 0.75rem; height: 30px; padding: 0 0.85rem; border-bottom: 1px solid var(--line); cursor: default; }
.row:hover { background: var(--sunk); }
.row[aria-selected="true"] { background: var(--veil); box-shadow: inset 3px 0 0 var(--accent); }
.cell { overflow: hidden; white-space: nowrap; text-overflow: ellipsis; }
.cell.position { flex: none; width: 4.2rem; text-align: right; color: var(--quiet); font-variant-numeric: tabular-nums; }
.cell.time { flex: none; width: 6rem; color: var(--quiet); font-variant-numeric: tabular-nums; }
.row .cell.type { flex: 0 1 10rem; min-width: 6rem; font-weight: 550; }
.cell.stream { flex: 0 2 11rem; min-width: 5.5rem; }
.cell.data { flex: 1 1 9rem; color: var(--quiet); font-family: var(--mono); font-size: 12px; }
.cell.broken { color: var(--bad); }
.cell.loading { color: var(--quiet); }
.dot { display: inline-block; flex: none; width: 9px; height: 9px; margin-right: 0.45rem; border-radius: 3px; background: light-dark(oklch(0.62 0.14 var(--hue)), oklch(0.74 0.13 var(--hue))); }
h2 .cell.type, .cause .cell.type { display: flex; align-items: baseline; overflow-wrap: anywhere; white-space: normal; }
.streams { display: flex; flex-direction: column; flex: none; width: 14rem; border-right: 1px solid var(--line); }
.streams h3 { padding: 0.5rem 0.85rem; }
.streams .row { border: 0; }
.streams .name { flex: 1; }
.streams .version { color: var(--quiet); font-variant-numeric: tabular-nums; }
.detail { flex: none; width: min(29rem, 42%); padding: 0.85rem 1rem 1.5rem; overflow: auto; border-left: 1px solid var(--line); background: var(--paper); }
.detail .empty { padding: 0; }
.detail > header { display: flex; align-items: center; justify-content: space-between; gap: 0.5rem; }
.log:not(.detailed) .detail { display: none; }
.columns > .empty { position: relative; left: 1rem; z-index: 1; width: 0; padding: 0.5rem 0; white-space: nowrap; }
.causes .causes { margin-left: 0.55rem; padding-left: 0.7rem; border-left: 1px solid var(--line-strong); }
.cause { display: flex; flex-wrap: wrap; gap: 0 0.6rem; align-items: center; width: 100%; padding: 0.2rem 0.4rem; border: 0; background: none; text-align: left; }
.cause[aria-current] { background: var(--veil); }
.travel { display: flex; align-items: center; gap: 0.5rem; padding: 0.4rem 0.85rem; border-bottom: 1px solid var(--line); background: var(--past-veil); flex: none; }
.now :is(.travel, .step) { --past: var(--accent); --past-veil: var(--veil); }
.exact { width: 6.5rem; }
.state input[type="search"] { width: 30rem; }
.steps { flex: none; width: min(30rem, 45%); overflow: auto; border-right: 1px solid var(--line); background: var(--panel); }
.step { display: flex; align-items: center; gap: 0.6rem; width: 100%; min-height: 30px; padding: 0 0.85rem; border: 0; border-bottom: 1px solid var(--line); border-radius: 0; background: none; text-align: left; }
.step .cell.position { width: 3.8rem; }
.step .cell.type { flex: 1; font-weight: 550; }
.step .cell.time { width: auto; }
.step .changes { flex: none; min-width: 5rem; text-align: right; }
.step[aria-current] { background: var(--past-veil); box-shadow: inset 3px 0 0 var(--past); }
.side { flex: none; width: 14rem; padding: 0.5rem; overflow: auto; border-right: 1px solid var(--line); background: var(--panel); }
.side-button { display: grid; gap: 0.1rem; width: 100%; padding: 0.4rem 0.6rem; border-color: transparent; background: none; text-align: left; }
.side-button strong { overflow-wrap: anywhere; }
.choices { display: flex; flex-wrap: wrap; gap: 0.35rem; margin-bottom: 0.5rem; }
.columns-text { display: block; margin-bottom: 0.5rem; color: var(--quiet); }
.nothing .columns { display: none; }
[hidden] { display: none !important; }
@container inspector (max-width: 1150px) {
  .detailed .streams { display: none; }
}
@container inspector (max-width: 900px) {
  .streams { display: none; }
}
@container inspector (max-width: 720px) {
  .detail { width: auto; flex: 1; border: 0; }
  .detailed .list, .detailed .tools { display: none; }
  .cell.time, .cell.data { display: none; }
  .row { padding: 0 0.5rem; gap: 0.5rem; }
  .row .cell.position { width: 3.4rem; }
  .row .cell.type { flex: 1 1 45%; }
  .row .cell.stream { flex: 1 1 45%; text-align: right; color: var(--quiet); }
  .tools { padding: 0.4rem 0.5rem; }
  .tools .field { flex: 1 1 9rem; }
  .tools .field > :last-child { flex: 1; width: 0; }
  .columns { flex-direction: column; }
  .log .columns { flex-direction: row; }
  .result { padding: 0.75rem; }
  .models .columns { overflow: auto; }
  .models .result { flex: none; overflow: visible; }
  .steps { width: auto; max-height: 40%; border: 0; border-bottom: 1px solid var(--line-strong); }
  .side { display: flex; gap: 0.4rem; width: auto; border: 0; border-bottom: 1px solid var(--line); overflow-x: auto; }
  .side-button { flex: none; width: auto; }
}
@container inspector (max-width: 460px) {
  .travel { flex-wrap: wrap; }
  .travel [type="range"] { flex: 1 0 calc(100% - 64px - 1rem); }
}
`;
