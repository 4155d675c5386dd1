/** Saying what events there are, and how older ones become today's: the door for `defineEvents`. */
export { defineEvents } from "./define-events.ts";
export type { DefinedEvent, DefinitionsOf, EventDefinition, EventsOf, Upcaster } from "./define-events.ts";
export type { StandardSchema } from "./standard-schema.ts";
