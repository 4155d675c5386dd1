import { createApp, createSSRApp, h, shallowRef } from "vue";
import { expose, nothing } from "../counting.ts";
import App from "./app.vue";

expose(
  (target, given) => {
    const shown = shallowRef(given);
    const app = createApp(() => h(App, { given: shown.value }));
    app.mount(target);
    return { show: (next) => (shown.value = next), unmount: () => app.unmount() };
  },
  (target) => createSSRApp(App, { given: nothing }).mount(target),
);
