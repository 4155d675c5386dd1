import { hydrate, mount, unmount } from "svelte";
import { expose, nothing } from "../counting.ts";
import App from "./app.svelte";
import WithRunes from "./counters.svelte";
import KnownWithStores from "./known-stores.svelte";
import KnownWithRunes from "./known.svelte";
import WithStores from "./stores.svelte";

const [Counters, Known] = location.hash === "#stores" ? [WithStores, KnownWithStores] : [WithRunes, KnownWithRunes];

expose({
  mount(target, given) {
    const app = mount(App, { target, props: { given, Counters } });
    return { show: app.show, unmount: () => unmount(app) };
  },
  hydrate: (target) => hydrate(App, { target, props: { given: nothing, Counters } }),
  hydrateKnown: (target, given) => hydrate(Known, { target, props: given }),
});
