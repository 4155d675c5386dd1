/** What a store holds beside its events, for tools that look into it: `rivulet/inspection`. */
export { inspectStore } from "./inspect-store.ts";
export type { Inspection, InspectionListener } from "./inspection.ts";
export type {
  FoldedStep,
  FoldedSteps,
  InspectedConsumer,
  InspectedOutbox,
  InspectedOutboxEntry,
  InspectedReadModel,
  InspectedRows,
  InspectedSnapshot,
  InspectedSnapshots,
  InspectedTable,
  ParkedBy,
  QueryTablesOptions,
  ReadParkedOptions,
  SnapshotsOptions,
  StepsOptions,
} from "./records.ts";
