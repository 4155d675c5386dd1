import type { ComponentChildren, VNode } from "preact";
import { useId } from "preact/hooks";

interface RoomProps {
  readonly title: string;
  /** What is to be seen here, in a sentence. */
  readonly about: string;
  /** Beside the title. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** One part of the page under its heading. */
export function Room({ title, about, aside, children }: RoomProps): VNode {
  const id = useId();
  return (
    <section class="room" aria-labelledby={id}>
      <div class="room-head">
        <div>
          <h2 id={id}>{title}</h2>
          <p class="about">{about}</p>
        </div>
        {aside}
      </div>
      {children}
    </section>
  );
}
