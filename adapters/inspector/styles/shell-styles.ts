/**
 * Colours, the element itself, and its bar. Where tabs are out of sight, a shadow is at that edge: the covers scroll away with the tabs,
 * the shadows stay.
 */
export const SHELL_STYLES: string = `
:host {
  all: initial;
  color-scheme: light dark;
  --paper: light-dark(oklch(0.985 0.004 220), oklch(0.185 0.014 235));
  --panel: light-dark(oklch(1 0 0), oklch(0.215 0.016 235));
  --sunk: light-dark(oklch(0.965 0.007 220), oklch(0.2 0.015 235));
  --ink: light-dark(oklch(0.25 0.02 235), oklch(0.93 0.008 220));
  --quiet: light-dark(oklch(0.47 0.02 235), oklch(0.74 0.018 225));
  --line: light-dark(oklch(0.91 0.01 225), oklch(0.3 0.018 235));
  --line-strong: light-dark(oklch(0.78 0.015 225), oklch(0.44 0.02 235));
  --accent: light-dark(oklch(0.5 0.1 225), oklch(0.75 0.11 220));
  --accent-ink: light-dark(oklch(0.43 0.095 228), oklch(0.82 0.1 218));
  --veil: light-dark(oklch(0.94 0.025 225), oklch(0.28 0.035 228));
  --on-accent: light-dark(oklch(1 0 0), oklch(0.18 0.03 235));
  --past: light-dark(oklch(0.46 0.1 65), oklch(0.82 0.12 80));
  --past-veil: light-dark(oklch(0.965 0.035 85), oklch(0.28 0.035 75));
  --bad: light-dark(oklch(0.48 0.17 25), oklch(0.78 0.13 25));
  --bad-veil: light-dark(oklch(0.965 0.018 25), oklch(0.27 0.04 25));
  --good: light-dark(oklch(0.44 0.1 155), oklch(0.8 0.12 155));
  --good-veil: light-dark(oklch(0.96 0.03 155), oklch(0.27 0.035 155));
  --mono: ui-monospace, Menlo, Consolas, monospace;
  display: block;
  container: inspector / inline-size;
  height: 36rem;
  max-height: 100%;
  color: var(--ink);
  font: 13px/1.45 system-ui, sans-serif;
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([hidden]) { display: none; }
:host([docked]) {
  position: fixed;
  inset: auto 0 0 0;
  z-index: 2147483000;
  height: var(--height, 48vh);
}
*, *::before, *::after { box-sizing: border-box; scrollbar-width: thin; scrollbar-color: var(--line-strong) transparent; }
.shell {
  position: relative;
  display: flex;
  flex-direction: column;
  height: 100%;
  overflow: hidden;
  background: var(--paper);
  border: 1px solid var(--line);
}
:host([docked]) .shell {
  border-width: 1px 0 0;
  border-color: var(--line-strong);
  box-shadow: 0 -8px 32px light-dark(oklch(0.3 0.03 235 / 0.16), oklch(0 0 0 / 0.55));
}
.handle {
  position: absolute;
  inset: 0 0 auto 0;
  z-index: 2;
  height: 6px;
  cursor: ns-resize;
  touch-action: none;
}
.handle:hover, .handle:focus-visible { background: var(--accent); }
.bar {
  display: flex;
  align-items: center;
  gap: 0.75rem;
  flex: none;
  min-height: 40px;
  padding: 0 0.5rem 0 0.85rem;
  background: var(--panel);
  border-bottom: 1px solid var(--line);
}
.brand { font-weight: 680; letter-spacing: -0.015em; color: var(--accent-ink); }
[role="tablist"] {
  display: flex;
  flex: 1;
  min-width: 0;
  align-self: stretch;
  overflow-x: auto;
  scrollbar-width: none;
  background:
    linear-gradient(to right, var(--panel) 40%, transparent) left / 2rem 100% no-repeat local,
    linear-gradient(to left, var(--panel) 40%, transparent) right / 2rem 100% no-repeat local,
    linear-gradient(to right, var(--line-strong), transparent) left / 0.75rem 100% no-repeat scroll,
    linear-gradient(to left, var(--line-strong), transparent) right / 0.75rem 100% no-repeat scroll;
}
[role="tab"] {
  flex: none;
  padding: 0 0.7rem;
  border: 0;
  border-radius: 0;
  border-bottom: 2px solid transparent;
  background: none;
  color: var(--quiet);
  font: inherit;
  cursor: pointer;
}
[role="tab"]:hover { color: var(--ink); background: none; }
[role="tab"][aria-selected="true"] { color: var(--ink); border-color: var(--accent); }
.head {
  display: inline-flex;
  align-items: center;
  gap: 0.4rem;
  flex: none;
  color: var(--quiet);
  font-variant-numeric: tabular-nums;
}
.head::before { content: ""; width: 8px; height: 8px; border-radius: 50%; background: var(--line-strong); }
.head.live::before { background: var(--good); }
#panel { display: flex; flex: 1; min-height: 0; }
.view-body { display: flex; flex-direction: column; flex: 1; min-width: 0; min-height: 0; }
.view-body.padded { padding: 1rem; overflow: auto; gap: 1rem; }
.columns { display: flex; flex: 1; min-height: 0; min-width: 0; }
.result { flex: 1; min-width: 0; padding: 1rem; overflow: auto; }
.trouble:empty { display: none; }
.trouble .problem, .shell > div > .problem { margin: 0.5rem 0.85rem; }
@container inspector (max-width: 720px) {
  .brand { display: none; }
  .bar { padding-left: 0.25rem; gap: 0.25rem; }
  [role="tab"] { padding: 0 0.55rem; }
  .head { font-size: 11px; }
}
@container inspector (max-width: 460px) {
  .bar { gap: 0; padding: 0; }
  [role="tab"] { padding: 0 0.3rem; font-size: 11.5px; }
  .head { padding: 0 0.25rem; gap: 0; font-size: 0; }
}
`;
