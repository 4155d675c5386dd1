/** A custom element that looks into a store: `rivulet/inspector`. Importing it defines `<rivulet-inspector>` where there are elements. */
import { defineInspector } from "./element.ts";

export { defineInspector, type InspectorProperties, type RivuletInspector } from "./element.ts";

// A server that renders what a browser will run has no elements.
if (typeof customElements !== "undefined") defineInspector();
