import { EventStoreError } from "../../src/adapter.ts";
import { runtimeName } from "./runtime-name.ts";

/**
 * Loads a module that is part of the runtime, so that a package that needs it can be imported without it. Throws `storage-unavailable`
 * with what to do (`upgrade`) if there is none. Works from Node 20.16 on; unlike an import, bundlers do not try to resolve it.
 */
export function loadBuiltin(name: string, upgrade: string): unknown {
  const found = process.getBuiltinModule?.(name);
  if (found !== undefined) return found;
  const message = `${runtimeName()} has no ${name}: ${upgrade}`;
  throw new EventStoreError("storage-unavailable", message, { reason: `no-${name.replace(":", "-")}` });
}
