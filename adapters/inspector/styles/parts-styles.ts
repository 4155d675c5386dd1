/** What all views are made of. */
export const PARTS_STYLES: string = `
h2, h3, p, dl, dd, ul, ol, pre { margin: 0; padding: 0; list-style: none; }
h2 { font-size: 15px; font-weight: 650; letter-spacing: -0.01em; overflow-wrap: anywhere; }
h3 { font-size: 12px; font-weight: 600; color: var(--quiet); }
section { margin-top: 1rem; scroll-margin-top: 1rem; }
.result > section:first-child { margin-top: 0; }
section > * + * { margin-top: 0.4rem; }
code, pre, .json { font-family: var(--mono); font-size: 12px; }
code { overflow-wrap: anywhere; }
pre { padding: 0.6rem 0.75rem; background: var(--sunk); border: 1px solid var(--line); border-radius: 8px; overflow: auto; }
.quiet, .hint { color: var(--quiet); }
.empty { padding: 1rem; color: var(--quiet); }
.padded .empty { padding: 0; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
button {
  padding: 0.2rem 0.6rem;
  min-height: 26px;
  border: 1px solid var(--line-strong);
  border-radius: 6px;
  background: var(--panel);
  color: var(--ink);
  font: inherit;
  cursor: pointer;
}
button:hover { background: var(--veil); }
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button.icon { display: grid; place-items: center; flex: none; width: 28px; height: 28px; padding: 0; border-color: transparent; background: none; }
button.icon:hover { background: var(--veil); }
button.link { padding: 0; min-height: 0; border: 0; background: none; color: var(--accent-ink); text-decoration: underline; font-variant-numeric: tabular-nums; }
button[aria-pressed="true"] { background: var(--veil); border-color: var(--accent); }
svg { width: 16px; height: 16px; fill: none; stroke: currentColor; stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
.actions { display: flex; flex-wrap: wrap; gap: 0.4rem; margin-top: 0.6rem; align-items: center; }
.actions:empty { display: none; }
.actions.end { justify-content: flex-end; }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: 0.4rem 0.75rem; padding: 0.4rem 0.85rem; border-bottom: 1px solid var(--line); flex: none; }
.field { display: inline-flex; align-items: center; gap: 0.4rem; color: var(--quiet); min-width: 0; }
input, select, textarea {
  min-width: 0;
  padding: 0.2rem 0.5rem;
  min-height: 26px;
  border: 1px solid var(--line-strong);
  border-radius: 6px;
  background: var(--panel);
  color: var(--ink);
  font: inherit;
}
input::placeholder { color: var(--quiet); opacity: 1; }
input[type="search"] { width: 14rem; }
input[type="range"] { flex: 1; padding: 0; border: 0; background: none; accent-color: var(--past); }
input[type="checkbox"] { min-height: 0; accent-color: var(--accent); }
textarea { display: block; width: 100%; margin-top: 0.4rem; resize: vertical; font: 12px/1.5 var(--mono); }
dl { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; margin-top: 0.5rem; }
dl > div { min-width: 0; }
dt { font-size: 11px; color: var(--quiet); }
dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.badge { display: inline-block; padding: 0 0.45rem; border-radius: 99px; border: 1px solid var(--line); background: var(--sunk); color: var(--quiet); font-size: 11px; font-weight: 500; line-height: 1.6; white-space: nowrap; letter-spacing: 0; }
.badge.good { background: var(--good-veil); border-color: transparent; color: var(--good); }
.badge.bad { background: var(--bad-veil); border-color: transparent; color: var(--bad); }
.badge.past { background: var(--past-veil); border-color: transparent; color: var(--past); }
.problem { padding: 0.5rem 0.75rem; border-left: 3px solid var(--bad); border-radius: 0 6px 6px 0; background: var(--bad-veil); overflow-wrap: anywhere; }
:is(dl, p) + .problem { margin-top: 0.5rem; }
.problem code { margin-right: 0.5rem; color: var(--bad); font-weight: 600; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); gap: 0.75rem; align-items: start; }
.card { padding: 0.75rem 0.85rem; border: 1px solid var(--line); border-radius: 10px; background: var(--panel); min-width: 0; }
.card + .card { margin-top: 0.6rem; }
.cards > .card + .card { margin-top: 0; }
.card > * + * { margin-top: 0.5rem; }
.card > header { display: flex; flex-wrap: wrap; gap: 0.25rem 0.6rem; align-items: center; justify-content: space-between; overflow-wrap: anywhere; }
.parked { display: grid; gap: 0.5rem; max-height: 14rem; overflow: auto; }
.parked .message { display: block; margin-top: 0.15rem; color: var(--bad); }
.listing { display: grid; gap: 0.25rem; }
.padded > div:empty { display: none; }
.padded > section, .padded > div > section:first-child { margin-top: 0; }
meter, progress { display: block; width: 100%; max-width: 24rem; height: 8px; margin-top: 0.5rem; }
dd meter { margin-top: 0.25rem; }
.at { white-space: nowrap; }
.scroll { overflow: auto; width: fit-content; max-width: 100%; border: 1px solid var(--line); border-radius: 8px; background: var(--panel); }
.tall { max-height: 26rem; }
:host([docked]) .tall { max-height: 24vh; }
.scroll + * { margin-top: 0.4rem; }
table { border-collapse: collapse; font-size: 12px; }
.differences { width: 100%; }
th { position: sticky; top: 0; padding: 0.35rem 0.6rem; background: var(--sunk); color: var(--quiet); font-weight: 600; text-align: left; white-space: nowrap; }
th.number { text-align: right; }
td { padding: 0.25rem 0.6rem; border-top: 1px solid var(--line); vertical-align: baseline; max-width: 30rem; overflow-wrap: break-word; }
td code, td .json { overflow-wrap: inherit; }
td:not(:has(code)) { white-space: pre-wrap; }
td.number { text-align: right; }
td.number, td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
.differences td { font-family: var(--mono); }
.differences .before { color: var(--bad); }
.differences .after { color: var(--good); }
.json { line-height: 1.6; overflow-wrap: anywhere; }
.json .members { padding-left: 1rem; border-left: 1px solid var(--line); margin-left: 0.3rem; }
.json summary { padding-left: 0.95rem; list-style: none; cursor: pointer; }
.json summary::before { content: "▸"; display: inline-block; width: 0.95rem; margin-left: -0.95rem; }
.json details[open] > summary::before { content: "▾"; }
.json details[open] > summary > .hint { display: none; }
.json .leaf { padding-left: 0.95rem; }
.json > .members { padding-left: 0; margin-left: 0; border: 0; }
.json > .leaf, .json > .members:not(:has(> details)) > .leaf { padding-left: 0; }
.json .key { color: var(--accent-ink); }
.json .string { color: var(--good); white-space: pre-wrap; }
.json .number, .json .boolean { color: var(--past); }
.null { color: var(--quiet); font-style: italic; }
dialog {
  width: min(34rem, calc(100vw - 2rem));
  padding: 1.1rem 1.25rem;
  border: 1px solid var(--line-strong);
  border-radius: 12px;
  background: var(--panel);
  color: var(--ink);
  font: inherit;
}
dialog::backdrop { background: oklch(0.2 0.03 235 / 0.45); }
dialog > * + * { margin-top: 0.75rem; }
dialog .grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: 0.6rem; }
dialog .field { flex-direction: column; align-items: stretch; gap: 0.15rem; }
dialog input[type="search"] { width: auto; }
.check { display: flex; gap: 0.5rem; align-items: center; }
.check input { flex: none; }
`;
