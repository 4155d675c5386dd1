import { useSignal } from "@preact/signals";
import type { VNode } from "preact";
import { useEffect } from "preact/hooks";
import type { Device } from "../../counter/device.ts";
import { followDevices } from "../session/device-list.ts";
import { Icon } from "../ui/icon.tsx";
import { TabMark } from "../ui/tab-mark.tsx";
import { useApp } from "../ui/use-app.ts";

const ICONS = { browser: "screen", phone: "phone", program: "terminal" } as const;

/** The devices that are connected to the hub now. */
export function DeviceList({ offline }: { readonly offline: boolean }): VNode {
  const { network, device } = useApp();
  const devices = useSignal<readonly Device[] | undefined>(undefined);
  useEffect(() => followDevices("./api/devices", network, (now) => (devices.value = now)), [network, devices]);
  const others = devices.value?.filter(({ id }) => id !== device.id) ?? [];
  return (
    <ul class="devices" aria-label="Connected devices">
      <Chip device={device} note={offline ? "you, offline" : "you"} />
      {others.map((one) => (
        <Chip key={one.id} device={one} />
      ))}
      {devices.value === undefined && <li class="quiet">who else is there is not known</li>}
      {devices.value !== undefined && others.length === 0 && <li class="quiet">nobody else yet</li>}
    </ul>
  );
}

function Chip({ device: { name, kind }, note }: { readonly device: Device; readonly note?: string }): VNode {
  return (
    <li class="chip">
      <Icon name={ICONS[kind]} />
      <TabMark name={name} />
      {note !== undefined && <span class="quiet">{note}</span>}
    </li>
  );
}
