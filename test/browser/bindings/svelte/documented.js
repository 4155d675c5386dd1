import { mount } from "svelte";
import Documented from "./documented.svelte";

mount(Documented, { target: document.getElementById("root"), props: { name: "counter-1" } });
