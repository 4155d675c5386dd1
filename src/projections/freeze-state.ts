/**
 * Freezes a state and everything in it, so that a handler that changes it in place fails instead of changing what others hold.
 * Typed arrays are left as they are, because the language cannot freeze them.
 */
export function freezeState<State>(state: State): State {
  const left: unknown[] = [state];
  while (left.length > 0) {
    const part = left.pop();
    if (typeof part !== "object" || part === null || Object.isFrozen(part) || ArrayBuffer.isView(part)) continue;
    for (const member of Object.values(Object.freeze(part))) left.push(member);
  }
  return state;
}
