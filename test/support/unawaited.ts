/**
 * Begins what nobody waits for, and whose failure tells nothing: its process, server or page may end before it does. Without a handler, such
 * a failure would fail the whole run.
 */
export function unawaited(work: PromiseLike<unknown> | undefined): void {
  const ignore = (): void => undefined;
  work?.then(ignore, ignore);
}
