/** The page that `npx rivulet inspect` serves: an inspector over the store at the other end. */
import { messageOf, storeOverSocket } from "../../src/adapter.ts";
import { openEventStore } from "../../src/index.ts";
import { openHttpSocket } from "./http-socket.ts";
import { createRemoteStates } from "./remote-states.ts";
import { defineInspector } from "./index.ts";

defineInspector();
const inspector = document.createElement("rivulet-inspector");
const base = new URL("./", location.href);

try {
  inspector.store = await openEventStore(storeOverSocket("inspected", () => openHttpSocket(base)));
  const { readOnly, projections = "[]" } = document.documentElement.dataset;
  inspector.readOnly = readOnly !== "no";
  Object.assign(inspector, createRemoteStates(base, JSON.parse(projections) as string[]));
  document.body.replaceChildren(inspector);
} catch (error) {
  document.body.textContent = messageOf(error);
}
