import type { Consumer, EventStore, Projection, ReadModel } from "../../src/index.ts";
import type { Inspection } from "../../src/inspection/index.ts";
import type { Replica } from "../../src/sync/index.ts";

export type ViewName = "log" | "state" | "models" | "consumers" | "storage" | "sync";

/** Where another view is asked to go. */
export interface Destination {
  /** Shows the events of this stream, or the state of it. */
  readonly stream?: string;
  /** Shows this position, or what the state was after it. */
  readonly position?: number;
  /** The version of that event in its stream. */
  readonly version?: number;
}

/** What an application gives to the inspector beside its store. */
export interface Given {
  readonly readModels: readonly ReadModel[];
  // A projection of any state: its handlers are not called with another's.
  readonly projections: readonly Projection<unknown>[];
  readonly consumers: readonly Consumer[];
  readonly replica: Replica | undefined;
  /** Folds events in the place of the inspection, where projections are elsewhere. */
  readonly steps: Inspection["steps"] | undefined;
  /** Whether nothing may be changed: then there are no buttons for it. */
  readonly readOnly: boolean;
}

/** What a view works with. */
export interface ViewContext extends Given {
  readonly store: EventStore;
  readonly inspection: Inspection;
  /** The newest position that was told. */
  head(): number;
  /** Opens another view. */
  go(view: ViewName, destination: Destination): void;
  /** Opens the dialog for an export, with a filter filled in. */
  exportEvents(filter: ExportFilter): void;
}

/** Which events an export is for. */
export interface ExportFilter {
  readonly stream?: string;
  readonly type?: string;
}

/** One of the inspector's views. */
export interface View {
  readonly element: HTMLElement;
  /** Called when the view is shown, and then after every change of the store while it is. */
  refresh(): void;
  /** Called when another view leads here. */
  visit?(destination: Destination): void;
  /** Ends what the view has begun. */
  close?(): void;
}
