import { checkFlag } from "../../option-checks.ts";
import { mustBe } from "../../../errors.ts";
import type { FollowedItem } from "../../../storage/protocol.ts";
import { covers, isSameItem } from "../../../storage/sync-rules.ts";
import type { ReplicaContext } from "../replica-context.ts";

/** Follows further streams. */
export async function follow({ context, sync, outbox }: ReplicaContext, items: readonly FollowedItem[]): Promise<void> {
  context.ensureOpen();
  await sync.follow(items);
  outbox.changed();
}

/** Follows streams no longer. @throws `invalid-argument` if something of them is pending, or a prefix still covers one of them. */
export async function unfollow(
  { context, sync, outbox }: ReplicaContext,
  items: readonly FollowedItem[],
  discardPending: boolean | undefined,
): Promise<void> {
  context.ensureOpen();
  checkFlag(discardPending, "discardPending");
  const { items: followed } = await sync.loadReplica();
  for (const { kind, name } of items) {
    const prefix = followed.find(
      (item) => item.kind === "prefix" && covers(item, name) && !items.some((one) => isSameItem(one, item)),
    );
    if (kind === "stream" && prefix !== undefined)
      throw mustBe("streams", `other than "${name}", which is followed through the prefix "${prefix.name}"`);
  }
  const result = await sync.unfollow({ items, discard: discardPending === true });
  if (result.outcome === "unfollowed") return outbox.changed();
  const advice = "flush the outbox before, or set discardPending";
  throw mustBe("streams", `of nothing pending, and ${result.entries} of their commands and appends are: ${advice}`);
}
