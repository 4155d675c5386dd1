import { EventStoreError } from "../../src/adapter.ts";
import { runtimeName } from "./runtime-name.ts";

/**
 * Loads a module of the runtime only when it is needed, so that the package can be imported without it. Works from Node 20.16 on;
 * unlike an import, bundlers do not try to resolve it.
 *
 * @throws `storage-unavailable` with what to do (`upgrade`) if the runtime has no such module.
 */
export function loadBuiltin(name: string, upgrade: string): unknown {
  const found = process.getBuiltinModule?.(name);
  if (found !== undefined) return found;
  const message = `${runtimeName()} has no ${name}: ${upgrade}`;
  throw new EventStoreError("storage-unavailable", message, { reason: `no-${name.replace(":", "-")}` });
}
