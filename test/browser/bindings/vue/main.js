import { createApp, createSSRApp, h, shallowRef } from "vue";
import { expose, nothing } from "../counting.ts";
import App from "./app.vue";
import Known from "./known.vue";

expose({
  mount(target, given) {
    const shown = shallowRef(given);
    const app = createApp(() => h(App, { given: shown.value }));
    app.mount(target);
    return { show: (next) => (shown.value = next), unmount: () => app.unmount() };
  },
  hydrate: (target) => createSSRApp(App, { given: nothing }).mount(target),
  hydrateKnown: (target, given) => createSSRApp(Known, given).mount(target),
});
