import type { Adapter } from "rivulet";
import { connectRemoteStorage, createStorageServer, type EventStorage } from "rivulet/adapter";
import { createChannel, type Channel, type ChannelOptions } from "./channel.ts";

/** An adapter's storage at the other end of a message channel in this process. */
export function overChannel(adapter: Adapter, options?: ChannelOptions): Adapter & { readonly channel: () => Channel } {
  let channel: Channel | undefined;
  return {
    name: `${adapter.name} over a channel`,
    channel() {
      if (channel === undefined) throw new Error("not open yet");
      return channel;
    },
    async open() {
      const { storage } = await adapter.open();
      channel = createChannel(options);
      const opened = channel;
      serve(storage, opened);
      const remote = await connectRemoteStorage(opened.client);
      const close = async (): Promise<void> => {
        await remote.close();
        opened.close();
      };
      return { storage: { ...remote, close }, verbs: {} };
    },
  };
}

/** Serves a storage at a channel's far end; closing a client closes the storage. */
export function serve(storage: EventStorage, channel: Channel): void {
  createStorageServer(storage, { defer: setImmediate, onClose: () => storage.close() }).connect(channel.server);
}
