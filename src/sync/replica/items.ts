import { mustBe } from "../../errors.ts";
import { checkFlag } from "../option-checks.ts";
import { checkName, checkOptions, checkPrefix } from "../../validate.ts";
import type { FollowedItem, SyncStorage } from "../../storage/protocol.ts";
import { covers, isSameItem } from "../../storage/sync-rules.ts";
import type { FollowedStreams, UnfollowOptions } from "./status/status.ts";

/** Turns names and prefixes into items. @throws `invalid-argument`. */
export function toItems({ streams = [], streamPrefixes = [] }: FollowedStreams): readonly FollowedItem[] {
  if (!Array.isArray(streams)) throw mustBe("streams", "a list of names");
  if (!Array.isArray(streamPrefixes)) throw mustBe("streamPrefixes", "a list of texts");
  streams.forEach((name: string, index) => checkName(name, `streams[${index}]`));
  streamPrefixes.forEach((name: string, index) => checkPrefix(name, `streamPrefixes[${index}]`));
  return [
    ...streams.map((name: string) => ({ kind: "stream" as const, name })),
    ...streamPrefixes.map((name: string) => ({ kind: "prefix" as const, name })),
  ];
}

/** Follows streams no longer. @throws `invalid-argument` if something of them is pending, or a prefix still covers one of them. */
export async function unfollow(sync: SyncStorage, options: UnfollowOptions): Promise<void> {
  checkOptions(options, ["streams", "streamPrefixes", "discardPending"]);
  checkFlag(options.discardPending, "discardPending");
  const items = toItems(options);
  const { items: followed } = await sync.loadReplica();
  for (const { kind, name } of items) {
    const prefix = followed.find(
      (item) => item.kind === "prefix" && covers(item, name) && !items.some((one) => isSameItem(one, item)),
    );
    if (kind === "stream" && prefix !== undefined)
      throw mustBe("streams", `other than "${name}", which is followed through the prefix "${prefix.name}"`);
  }
  const result = await sync.unfollow({ items, discard: options.discardPending === true });
  if (result.outcome === "unfollowed") return;
  const advice = "flush the outbox before, or set discardPending";
  throw mustBe("streams", `of nothing pending, and ${result.entries} of their commands and appends are: ${advice}`);
}
