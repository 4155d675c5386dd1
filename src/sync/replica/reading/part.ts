/** Reads, watches and states with what is pending, and the lists of the outbox. It is loaded when one of them is first used. */
export { createOutboxMethods } from "../outbox/outbox-methods.ts";
export { keepState } from "./live-pending.ts";
export { loadAllShown, loadShown } from "./load-shown.ts";
export { eventsOf } from "./read-shown.ts";
export { unfollow } from "../outbox/unfollow.ts";
export { watchShown } from "./watch-shown.ts";
