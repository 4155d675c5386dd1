import type { StoredEvent } from "../../event.ts";
import { eventAt } from "../../read/event-at.ts";
import type { HubPlace } from "../../storage/protocol.ts";
import type { StoreContext } from "../../storage/store-context.ts";
import { hubChanged, markOf } from "../messages.ts";

/** The marks of a hub's history. */
export interface Marks {
  /** Makes sure that the replica's history is this hub's. Resolves with the hub's lineage. @throws `hub-changed`. */
  ownLineage(known: string | null, places: readonly HubPlace[]): Promise<string>;
  /** Resolves with the place at a position, whose event need not be read if it is given. */
  placeAt(lineage: string, position: number, event?: StoredEvent): Promise<HubPlace>;
}

export function createMarks(context: StoreContext): Marks {
  const { storage } = context;
  /** All replicas that are caught up ask for the same one. */
  let newest: { readonly lineage: string; readonly place: HubPlace; readonly event: StoredEvent } | undefined;

  async function placeAt(lineage: string, position: number, event?: StoredEvent): Promise<HubPlace> {
    if (position === 0) return { position, mark: null };
    const given = event?.position === position ? event : undefined;
    // The same event, not another one that a restored database has at this position: new events are the same objects for all pulls.
    if (newest?.lineage === lineage && newest.place.position === position && (given ?? newest.event) === newest.event)
      return newest.place;
    const own = given ?? (await eventAt(context, position));
    const place = { position, mark: markOf(lineage, own) };
    if (position >= (newest?.place.position ?? 0)) newest = { lineage, place, event: own };
    return place;
  }

  return {
    placeAt,
    async ownLineage(known, places) {
      const { lineage } = await storage.info();
      if (known !== null && known !== lineage) throw hubChanged("the hub has another lineage");
      const head = await storage.head();
      // A database that was restored under a running hub, as by a failover, may get another event at that position.
      if (newest !== undefined && head < newest.place.position) newest = undefined;
      for (const { position, mark } of new Map(places.map((place) => [place.position, place])).values()) {
        if (position > head) throw hubChanged(`the hub ends at position ${head}, before ${position}`);
        if ((await placeAt(lineage, position)).mark !== mark)
          throw hubChanged(`the hub has another event at ${position}`);
      }
      return lineage;
    },
  };
}
