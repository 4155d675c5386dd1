/** Executing commands: `rivulet/deciders`. */
export { defineDecider } from "./define-decider.ts";
export type { DeciderDefinition } from "./define-decider.ts";
export type { Decider, Executed, ExecuteOptions } from "./decider.ts";
