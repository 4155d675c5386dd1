type Listener = (event: { readonly data?: string }) => void;

/** An `EventSource` for Node, as far as a server that names its events and writes one line of data needs it. It does not connect again. */
export class FetchedEventSource {
  readonly #ended = new AbortController();
  readonly #listeners = new Map<string, Listener>();

  constructor(url: URL) {
    this.#receive(url).then(
      () => this.#tell("error"),
      () => this.#tell("error"),
    );
  }

  addEventListener(type: string, listener: Listener): void {
    this.#listeners.set(type, listener);
  }

  close(): void {
    this.#ended.abort();
  }

  async #receive(url: URL): Promise<void> {
    const { body } = await fetch(url, { signal: this.#ended.signal });
    let text = "";
    for await (const piece of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += piece;
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) this.#tell(/^event: (.*)$/m.exec(block)?.[1] ?? "message", data);
      }
    }
  }

  #tell(type: string, data?: string): void {
    if (!this.#ended.signal.aborted) this.#listeners.get(type)?.({ ...(data !== undefined && { data }) });
  }
}
