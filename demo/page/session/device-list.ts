import type { Device } from "../../counter/device.ts";
import type { Network } from "./network.ts";

/** The pause before a lost connection is opened again, in milliseconds. */
const PAUSE = 2_000;

/**
 * Calls back with the devices that are connected to the hub, now and whenever they change; with undefined while that is
 * not known, because the page is offline or hidden. Returns a function that ends it.
 */
export function followDevices(
  url: string,
  { offline }: Network,
  onChange: (devices: readonly Device[] | undefined) => void,
): () => void {
  let events: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function connect(): void {
    disconnect();
    // A browser opens only a few connections to one server, so hidden tabs leave theirs to others.
    if (offline.value || document.visibilityState === "hidden") return;
    events = new EventSource(url);
    events.addEventListener("devices", ({ data }: MessageEvent<string>) =>
      onChange((JSON.parse(data) as { readonly state: readonly Device[] }).state),
    );
    events.addEventListener("error", () => {
      disconnect();
      timer = setTimeout(connect, PAUSE);
    });
  }

  function disconnect(): void {
    clearTimeout(timer);
    events?.close();
    events = undefined;
    onChange(undefined);
  }

  const stop = offline.subscribe(connect);
  document.addEventListener("visibilitychange", connect);
  return () => {
    stop();
    document.removeEventListener("visibilitychange", connect);
    disconnect();
  };
}
