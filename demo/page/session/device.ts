import type { Device } from "../../counter/device.ts";
import type { Kept } from "./kept.ts";

/** Names for devices, so that everybody sees who is connected and who has pressed. */
const RIVERS = [
  ...["Danube", "Loire", "Elbe", "Tagus", "Nile", "Volga", "Rhine", "Seine", "Thames", "Douro", "Vistula", "Oder"],
  ...["Amazon", "Congo", "Ganges", "Mekong", "Niger", "Yukon", "Tiber", "Ebro", "Severn", "Shannon", "Neva", "Aare"],
  ...["Sava", "Meuse", "Garonne", "Dnieper", "Jordan", "Indus", "Orinoco", "Zambezi"],
];

const KEY = "rivulet-demo/device";

/** Returns this device: the same in every tab of this browser, and after a reload. */
export function takeDevice(kept: Kept): Device {
  const [known = "", river = ""] = (kept.getItem(KEY) ?? "").split(" ");
  const kind = /Mobi|Android|iPhone|iPad/.test(navigator.userAgent) ? "phone" : "browser";
  if (known !== "" && river !== "") return { id: known, name: river, kind };
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  const id = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const name = RIVERS[(bytes[0] ?? 0) % RIVERS.length] ?? "Danube";
  kept.setItem(KEY, `${id} ${name}`);
  return { id, name, kind };
}
