/** What a store holds beside its events, for tools that look into it: `rivulet/inspection`. */
export { inspectStore } from "./inspect-store.ts";
export type {
  FoldedStep,
  FoldedSteps,
  Inspection,
  InspectedConsumer,
  InspectedOutbox,
  InspectedOutboxEntry,
  InspectedReadModel,
  InspectedRows,
  InspectedSnapshot,
  InspectedSnapshots,
  InspectedTable,
  InspectionListener,
  ParkedBy,
  QueryTablesOptions,
  ReadParkedOptions,
  SnapshotsOptions,
  StepsOptions,
} from "./inspection.ts";
