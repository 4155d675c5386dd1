import { render as renderApp } from "svelte/server";
import App from "./app.svelte";
import WithRunes from "./counters.svelte";
import KnownWithStores from "./known-stores.svelte";
import KnownWithRunes from "./known.svelte";
import WithStores from "./stores.svelte";

export const render = (given, kind) =>
  renderApp(App, { props: { given, Counters: kind === "stores" ? WithStores : WithRunes } }).body;
export const renderKnown = (kind) => renderApp(kind === "stores" ? KnownWithStores : KnownWithRunes).body;
