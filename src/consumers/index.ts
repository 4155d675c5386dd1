/** Durable consumers, whose handlers get every event at least once: `rivulet/consumers`. */
export {
  defineConsumer,
  type CheckpointPlace,
  type ChosenTypes,
  type ConsumerParts,
  type LoadedCheckpoint,
  type SaveContext,
  type FailureDecision,
  type RetryOptions,
} from "./define-consumer.ts";
export type {
  Consumer,
  ConsumeOptions,
  ConsumerCheckpoint,
  ConsumerContext,
  ConsumerDefinition,
  ConsumerFailure,
  ConsumerStatus,
  RuntimeSignal,
} from "./consumer.ts";
