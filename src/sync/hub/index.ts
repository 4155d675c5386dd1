/** Hubs, which order the events of replicas and decide their commands: `rivulet/sync/hub`. */
export { createHub, type Hub, type HubOptions } from "./create-hub.ts";
export type { AskedAppend, AskedCommand, HubDecider, HubLimits, HubRules, Verdict } from "./hub-options.ts";
export type { MadeResponse, ReadableLike, RequestLike, ResponseLike } from "../http.ts";
