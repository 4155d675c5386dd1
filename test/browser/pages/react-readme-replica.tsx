// The example with a replica of docs/react.md, word for word; another test compares the two.
import type { Event } from "rivulet";
import { defineProjection } from "rivulet/projections";
import { useProjection, useReplicaStatus } from "rivulet/react";
import type { Replica } from "rivulet/sync";

type CartEvent = Event<"added", { item: string }>;

const items = defineProjection<readonly string[], CartEvent>({
  name: "items",
  initial: () => [],
  on: { added: (before, { data }) => [...before, data.item] },
});

export function Cart({ replica }: { readonly replica: Replica | undefined }) {
  const { state, pending } = useProjection(replica, items, { stream: "cart-1" });
  const { connection } = useReplicaStatus(replica);
  return (
    <section>
      <ul>
        {state.map((item, index) => (
          <li key={index}>{item}</li>
        ))}
      </ul>
      {pending > 0 && (
        <p>{connection === "live" ? "Saving…" : "Saved on this device"}</p>
      )}
    </section>
  );
}
