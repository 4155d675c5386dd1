import { computed, getCurrentInstance, getCurrentScope, onMounted, shallowRef, toRaw, toValue, watch } from "vue";
import type { ComputedRef, MaybeRefOrGetter } from "vue";
import type { Source } from "../bindings/source.ts";

/** A value, a ref or a getter. What is shown follows a ref or a getter. */
export type Given<Value> = MaybeRefOrGetter<Value>;

/** The value, without the proxy that a deep ref would put around it. */
export function given<Value>(value: Given<Value>): Value {
  return toRaw(toValue(value));
}

/** A ref with the newest value of a source, which another replaces when the inputs change. */
export function useSource<Value>(
  make: () => Source<Value>,
  read: (now: Value) => Value = (now) => now,
): ComputedRef<Value> {
  const source = computed(make);
  const changes = shallowRef(0);
  whenMounted(() =>
    watch(source, ({ subscribe }, _before, onCleanup) => onCleanup(subscribe(() => (changes.value += 1))), {
      immediate: true,
    }),
  );
  return computed(() => {
    void changes.value;
    return read(source.value.now());
  });
}

/**
 * Calls a function once the component is mounted, which a server never does, and at once outside of components. It belongs to the scope of the
 * caller, which may live longer or shorter than the component.
 */
function whenMounted(follow: () => unknown): void {
  const [instance, scope] = [getCurrentInstance(), getCurrentScope()];
  if (instance === null || instance.isMounted) follow();
  else onMounted(() => scope?.active && scope.run(follow));
}
