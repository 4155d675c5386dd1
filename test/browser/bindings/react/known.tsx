import { useEffect, useState, type ReactNode } from "react";
import type { EventStore } from "rivulet";
import { lastKnown, type LastKnown } from "rivulet/projections";
import { useProjection } from "rivulet/react";
import { total } from "../../counters.ts";
import { textOfTotal, type KnownGiven } from "../counting.ts";

export function Known({ database = "", whenOpened }: Partial<KnownGiven>): ReactNode {
  const [store, setStore] = useState<EventStore>();
  const [last, setLast] = useState<LastKnown<number>>();
  const sum = useProjection(store, last ?? total);
  useEffect(() => {
    setLast(lastKnown(total, { database, interval: 0 }));
    whenOpened?.(setStore);
  }, [database, whenOpened]);
  return (
    <p id="known">
      {textOfTotal(sum)}
      {sum.state > 0 && <b>!</b>}
    </p>
  );
}
