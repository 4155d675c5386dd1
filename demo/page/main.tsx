/** The page: what stands in index.html is painted first, and comes to life here. */
import { render } from "preact";
import { App } from "./app.tsx";
import { openKept } from "./session/kept.ts";
import { createNotices } from "./session/notices.ts";
import { createSession } from "./session/session.ts";
import { takeTabName } from "./session/tab-name.ts";
import { Controls } from "./ui/controls.tsx";
import { Toasts } from "./ui/toasts.tsx";

const kept = openKept(() => localStorage);
const session = createSession(kept);
const notices = createNotices();
const tab = await takeTabName(openKept(() => sessionStorage));

mount("controls", <Controls session={session} tab={tab} kept={kept} />);
mount("app", <App session={session} notices={notices} tab={tab} />);
const corner = document.createElement("div");
document.body.append(corner);
render(<Toasts notices={notices} />, corner);

/** Puts life in the place of what only looked like it. */
function mount(id: string, what: preact.ComponentChild): void {
  const place = document.getElementById(id);
  if (place === null) throw new Error(`the page has no place "${id}"`);
  place.replaceChildren();
  render(what, place);
}
