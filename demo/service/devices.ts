import type { Device } from "../counter/device.ts";
import type { Live } from "../counter/service.ts";

/** The devices that are connected now. Nothing of this is stored. */
export interface Devices extends Live<readonly Device[]> {
  /** Counts a connection of a device, until the returned function is called. */
  enter(device: Device): () => void;
}

export function createDevices(): Devices {
  const connections = new Map<string, { readonly device: Device; count: number }>();
  const listeners = new Set<() => void>();
  let state: readonly Device[] = [];
  let changes = 0;

  function tell(): void {
    state = [...connections.values()].map(({ device }) => device);
    changes += 1;
    for (const listener of [...listeners]) listener();
  }

  return {
    get state() {
      return state;
    },
    get position() {
      return changes;
    },
    error: undefined,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    enter(device) {
      const known = connections.get(device.id) ?? { device, count: 0 };
      known.count += 1;
      connections.set(device.id, known);
      if (known.count === 1) tell();
      return () => {
        known.count -= 1;
        if (known.count > 0) return;
        connections.delete(device.id);
        tell();
      };
    },
  };
}
