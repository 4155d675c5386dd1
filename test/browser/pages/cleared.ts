/** Tabs of an application, each in a frame, whose site's data is cleared. Posts their results. */
import type { tab } from "./tabs.ts";

type Tab = typeof tab;

async function openFrame(): Promise<Tab> {
  const frame = document.createElement("iframe");
  frame.src = "./tabs.html";
  const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
  document.body.append(frame);
  await loaded;
  return (frame.contentWindow as Window).tab;
}

async function logOut(): Promise<void> {
  await fetch("/logout");
}

const single = await openFrame();
await single.open({ name: "alone" });
await single.append("old", 0, 5);
await logOut();
const alone = await single.appendUntilRefused("late");

const old = [await openFrame(), await openFrame(), await openFrame()];
for (const one of old) await one.open({ name: "shared" });
await old[1]?.append("old", 0, 5);
await logOut();
const fresh = await openFrame();
await fresh.open({ name: "shared" });
await fresh.append("fresh", 100, 3);
const refused = await Promise.all(old.map((one) => one.appendUntilRefused("late")));
const endings = await Promise.all(old.map((one) => one.ended()));
await old[0]?.open({ name: "shared" });
await old[0]?.append("fresh", 103, 1);
const texts = (await fresh.read()).map(([, , data]) => data);
await fetch("/found", { method: "POST", body: JSON.stringify({ alone, refused, endings, fresh: texts }) });
