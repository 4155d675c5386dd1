import { EventStoreError } from "../../src/adapter.ts";
import { lastFetched } from "./fetched.ts";
import type { FromWorker } from "./messages.ts";

/** How long nothing at all may be heard of a worker's script, in milliseconds. */
const LONGEST_LOADING = 20_000;

/**
 * Makes a worker, and calls back, soon, where its script cannot be loaded. Undefined: it could not even be made.
 */
export function watchLoading(make: () => Worker, onFailure: (error: EventStoreError) => void): Worker | undefined {
  const started = performance.now();
  let blocked: string | undefined;
  const noteBlocked = ({ effectiveDirective, blockedURI }: SecurityPolicyViolationEvent): void => {
    if (effectiveDirective.startsWith("worker-src") || effectiveDirective.startsWith("script-src")) {
      blocked = blockedURI;
    }
  };
  const page = "document" in globalThis ? document : undefined;
  page?.addEventListener("securitypolicyviolation", noteBlocked);

  function settle(): void {
    clearTimeout(timer);
    page?.removeEventListener("securitypolicyviolation", noteBlocked);
  }

  function fail(why: string, cause?: unknown): void {
    settle();
    const address = blocked ?? lastFetched(/\.m?[jt]s(\?|#|$)/, started) ?? new URL("worker.js", import.meta.url).href;
    const message = `the worker ${address} could not be loaded: ${why}`;
    onFailure(new EventStoreError("storage-unavailable", message, { reason: "worker-not-loaded" }, cause));
  }

  const timer = setTimeout(() => fail(`nothing was heard of it for ${LONGEST_LOADING} ms`), LONGEST_LOADING);
  try {
    const worker = make();
    const onError = (event: Event): void => {
      const detail = "message" in event && typeof event.message === "string" ? event.message : undefined;
      // A policy's violation may be told a moment after its consequence.
      setTimeout(
        () => fail(detail ?? "is it there, is it sent as JavaScript, does a policy of the page forbid it?"),
        0,
      );
    };
    worker.addEventListener("error", onError, { once: true });
    const onMessage = ({ data }: MessageEvent<FromWorker>): void => {
      if (!("loaded" in data)) return;
      worker.removeEventListener("error", onError);
      worker.removeEventListener("message", onMessage);
      settle();
    };
    worker.addEventListener("message", onMessage);
    return worker;
  } catch (error) {
    // Told like every other failure, once the caller is ready to hear it.
    queueMicrotask(() => fail(String(error), error));
    return undefined;
  }
}
