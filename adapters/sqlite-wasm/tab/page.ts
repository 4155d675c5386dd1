/** Who wants to know that this page is put away, and that it is back. */
export interface PageListener {
  readonly onHide: () => void;
  readonly onShow: () => void;
}

/**
 * A page that is frozen, or kept for the way back, must hold nothing that other tabs wait for: it would never answer them
 * (https://developer.chrome.com/docs/web-platform/page-lifecycle-api). Returns what ends it.
 */
export function followPage({ onHide, onShow }: PageListener): () => void {
  if (!("document" in globalThis)) return () => undefined;
  const hide = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) onHide();
  };
  const show = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) onShow();
  };
  addEventListener("pagehide", hide);
  addEventListener("pageshow", show);
  document.addEventListener("freeze", onHide);
  document.addEventListener("resume", onShow);
  return () => {
    removeEventListener("pagehide", hide);
    removeEventListener("pageshow", show);
    document.removeEventListener("freeze", onHide);
    document.removeEventListener("resume", onShow);
  };
}
