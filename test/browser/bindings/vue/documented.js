import { createApp } from "vue";
import Documented from "./documented.vue";

createApp(Documented, { name: "counter-1" }).mount("#root");
