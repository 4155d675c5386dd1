import type { ComponentChildren, VNode } from "preact";
import { useId } from "preact/hooks";

interface RoomProps {
  readonly title: string;
  /** A description of this section, in one sentence. */
  readonly about: string;
  /** Content beside the title. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** One section of the page under its heading. */
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
