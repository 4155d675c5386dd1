import { hydrate, mount, unmount } from "svelte";
import { expose, nothing } from "../counting.ts";
import App from "./app.svelte";
import WithRunes from "./counters.svelte";
import WithStores from "./stores.svelte";

const Counters = location.hash === "#stores" ? WithStores : WithRunes;

expose(
  (target, given) => {
    const app = mount(App, { target, props: { given, Counters } });
    return { show: app.show, unmount: () => unmount(app) };
  },
  (target) => hydrate(App, { target, props: { given: nothing, Counters } }),
);
