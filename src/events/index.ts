/** Defining an application's events, and upcasting older ones: `rivulet/events`. */
export { defineEvents } from "./define-events.ts";
export type { DefinedEvent, DefinitionsOf, EventDefinition, EventsOf, Upcaster } from "./define-events.ts";
export type { StandardSchema } from "./standard-schema.ts";
