/** The door for durable consumers: handlers that are given every event at least once. */
export {
  defineConsumer,
  type CheckpointPlace,
  type ConsumerParts,
  type FailureDecision,
  type RetryOptions,
} from "./define-consumer.ts";
export type {
  Consumer,
  ConsumeOptions,
  ConsumerContext,
  ConsumerDefinition,
  ConsumerFailure,
  ConsumerStatus,
  RuntimeSignal,
} from "./consumer.ts";
