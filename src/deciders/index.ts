/** Carrying out commands: the door for `defineDecider`. */
export { defineDecider } from "./define-decider.ts";
export type { DeciderDefinition } from "./define-decider.ts";
