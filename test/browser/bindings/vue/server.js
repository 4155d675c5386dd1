import { createSSRApp } from "vue";
import { renderToString } from "vue/server-renderer";
import App from "./app.vue";
import Known from "./known.vue";

export const render = (given) => renderToString(createSSRApp(App, { given }));
export const renderKnown = () => renderToString(createSSRApp(Known));
