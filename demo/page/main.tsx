/** The page: index.html is painted first, and becomes interactive here. */
import { render } from "preact";
import { App } from "./app.tsx";
import { takeDevice } from "./session/device.ts";
import { openKept } from "./session/kept.ts";
import { createNetwork } from "./session/network.ts";
import { createNotices } from "./session/notices.ts";
import { createSession } from "./session/session.ts";
import { takeTabName } from "./session/tab-name.ts";
import { Controls } from "./ui/controls.tsx";
import { keepFocus } from "./ui/keep-focus.ts";

const kept = openKept(() => localStorage);
const network = createNetwork(kept);
const device = takeDevice(kept);
const session = createSession(kept, network, device);
const imports = createNotices()("imports");
const tab = await takeTabName(openKept(() => sessionStorage));

// The text at the top is painted before anything is loaded, for either mode.
session.mode.subscribe((mode) => (document.documentElement.dataset["mode"] = mode));

mount("controls", <Controls session={session} tab={tab} kept={kept} />);
mount("app", <App session={session} imports={imports} tab={tab} network={network} device={device} />);
keepFocus(document.body);

/** Replaces a static placeholder by its component. */
function mount(id: string, what: preact.ComponentChild): void {
  const place = document.getElementById(id);
  if (place === null) throw new Error(`the page has no element "${id}"`);
  place.replaceChildren();
  render(what, place);
}
