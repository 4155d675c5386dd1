/** The calls of a benchmark worker by name. Arguments and results are plain data. */
type Calls = Readonly<Record<string, (...args: never[]) => unknown>>;

interface Request {
  readonly n: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

interface Reply {
  readonly n: number;
  readonly answer?: unknown;
  readonly failure?: string;
}

/** The used globals of a worker, whose types conflict with those of a page. */
interface WorkerScope {
  postMessage(message: Reply): void;
  addEventListener(type: "message", listener: (event: MessageEvent<Request>) => void): void;
}

/** In the worker: answers calls, one message each. */
export function answerCalls(calls: Calls): void {
  const scope = globalThis as unknown as WorkerScope;
  const answer = async ({ n, name, args }: Request): Promise<void> => {
    try {
      scope.postMessage({ n, answer: await calls[name]?.(...(args as never[])) });
    } catch (error) {
      scope.postMessage({ n, failure: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
    }
  };
  scope.addEventListener("message", ({ data }) => void answer(data));
}

/** A benchmark worker, as the page sees it. */
export interface Caller<Known extends Calls> {
  call<Name extends keyof Known & string>(
    name: Name,
    ...args: Parameters<Known[Name]>
  ): Promise<Awaited<ReturnType<Known[Name]>>>;
  terminate(): void;
}

export function startCalling<Known extends Calls>(worker: Worker): Caller<Known> {
  const pending = new Map<number, { resolve(answer: never): void; reject(error: Error): void }>();
  let count = 0;
  worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
    const asked = pending.get(data.n);
    pending.delete(data.n);
    if (data.failure === undefined) asked?.resolve(data.answer as never);
    else asked?.reject(new Error(data.failure));
  });
  worker.addEventListener("error", ({ message }) => {
    for (const { reject } of pending.values()) reject(new Error(`the benchmark's worker failed: ${message}`));
  });
  return {
    call: (name, ...args) =>
      new Promise((resolve, reject) => {
        count += 1;
        pending.set(count, { resolve, reject });
        worker.postMessage({ n: count, name, args } satisfies Request, args.filter(isPort));
      }),
    terminate: () => worker.terminate(),
  };
}

const isPort = (value: unknown): value is MessagePort => value instanceof MessagePort;
