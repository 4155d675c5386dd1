import type { Device } from "../../counter/device.ts";
import type { Kept } from "./kept.ts";
import { newId } from "./new-id.ts";

/** Names for devices, so that everybody sees who is connected and who has pressed: "Calm Danube". */
const WORDS = ["Calm", "Swift", "Deep", "Bright", "Broad", "Cool", "Wild", "Quiet"];
const RIVERS = [
  ...["Danube", "Loire", "Elbe", "Tagus", "Nile", "Volga", "Rhine", "Seine", "Thames", "Douro", "Vistula", "Oder"],
  ...["Amazon", "Congo", "Ganges", "Mekong", "Niger", "Yukon", "Tiber", "Ebro", "Severn", "Shannon", "Neva", "Aare"],
  ...["Sava", "Meuse", "Garonne", "Dnieper", "Jordan", "Indus", "Orinoco", "Zambezi"],
];

const KEY = "rivulet-demo/device";

/** Returns this device: the same in every tab of this browser, and after a reload. */
export function takeDevice(kept: Kept): Device {
  const [, known, given] = /^([\w-]+) (.+)$/.exec(kept.getItem(KEY) ?? "") ?? [];
  const kind = /Mobi|Android|iPhone|iPad/.test(navigator.userAgent) ? "phone" : "browser";
  if (known !== undefined && given !== undefined) return { id: known, name: given, kind };
  const id = newId();
  const [word, river] = crypto.getRandomValues(new Uint8Array(2));
  const name = `${drawn(WORDS, word)} ${drawn(RIVERS, river)}`;
  kept.setItem(KEY, `${id} ${name}`);
  return { id, name, kind };
}

function drawn(names: readonly string[], byte = 0): string {
  return names[byte % names.length] as string;
}
