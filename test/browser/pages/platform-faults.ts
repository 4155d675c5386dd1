/** The interfaces of the browser that opening a store uses, with the ways in which each can fail: access denied, or missing. */

type Faults = Readonly<Record<string, () => void>>;

/** Called, or constructed. */
function denied(): never {
  throw new DOMException("denied by the test", "SecurityError");
}
const deniedLater = (): Promise<never> => Promise.reject(new DOMException("denied by the test", "SecurityError"));
const unsupportedLater = (): Promise<never> =>
  Promise.reject(new DOMException("not supported by the test", "NotSupportedError"));

function put(owner: object, name: string, value: unknown): void {
  Object.defineProperty(owner, name, { value, configurable: true, writable: true });
}

function putGetter(owner: object, name: string, get: () => unknown): void {
  Object.defineProperty(owner, name, { get, configurable: true });
}

const navigatorPrototype = Object.getPrototypeOf(navigator) as object;

/** The types of pages lack what only workers have. */
const prototypeOf = (name: string): object =>
  (globalThis as unknown as Record<string, { prototype: object }>)[name]!.prototype;

/** Runs in the page, before the store is opened. */
export const PAGE_FAULTS: Faults = {
  none: () => undefined,
  "no locks": () => putGetter(navigatorPrototype, "locks", () => undefined),
  "locks throw when looked at": () => putGetter(navigatorPrototype, "locks", denied),
  "a lock throws": () => put(LockManager.prototype, "request", denied),
  "a lock rejects": () => put(LockManager.prototype, "request", deniedLater),
  "no storage": () => putGetter(navigatorPrototype, "storage", () => undefined),
  "storage throws when looked at": () => putGetter(navigatorPrototype, "storage", denied),
  "no directory": () => Reflect.deleteProperty(StorageManager.prototype, "getDirectory"),
  "the directory throws": () => put(StorageManager.prototype, "getDirectory", denied),
  "the directory rejects": () => put(StorageManager.prototype, "getDirectory", deniedLater),
  "the estimate throws": () => put(StorageManager.prototype, "estimate", denied),
  "the estimate rejects": () => put(StorageManager.prototype, "estimate", deniedLater),
  "persisted rejects": () => put(StorageManager.prototype, "persisted", deniedLater),
  "persist rejects": () => put(StorageManager.prototype, "persist", deniedLater),
  "no channels": () => put(globalThis, "BroadcastChannel", undefined),
  "a channel throws": () => put(globalThis, "BroadcastChannel", denied),
  "message channels throw": () => put(globalThis, "MessageChannel", denied),
  "no random identifiers": () => put(Object.getPrototypeOf(crypto) as object, "randomUUID", undefined),
  "no workers": () => put(globalThis, "Worker", undefined),
  "a worker throws": () => put(globalThis, "Worker", denied),
};

/** Runs in the worker. */
export const WORKER_FAULTS: Faults = {
  "a lock rejects in the worker": () => put(prototypeOf("LockManager"), "request", deniedLater),
  "a lock throws in the worker": () => put(prototypeOf("LockManager"), "request", denied),
  "the directory throws in the worker": () => put(StorageManager.prototype, "getDirectory", denied),
  "the directory rejects in the worker": () => put(StorageManager.prototype, "getDirectory", deniedLater),
  "a file is denied in the worker": () => put(FileSystemFileHandle.prototype, "createSyncAccessHandle", deniedLater),
  "files are not supported in the worker": () =>
    put(FileSystemFileHandle.prototype, "createSyncAccessHandle", unsupportedLater),
  "a channel throws in the worker": () => put(globalThis, "BroadcastChannel", denied),
  "the estimate rejects in the worker": () => put(StorageManager.prototype, "estimate", deniedLater),
  "compiling is denied in the worker": () => {
    put(WebAssembly, "instantiate", deniedLater);
    put(WebAssembly, "instantiateStreaming", deniedLater);
  },
};
