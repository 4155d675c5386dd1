/** A listener for a page that is frozen or put into the back/forward cache, and shown again. */
export interface PageListener {
  readonly onHide: () => void;
  readonly onShow: () => void;
}

/**
 * Calls the listener when this page is frozen or put into the back/forward cache, and when it is shown again. Such a
 * page must hold nothing that other tabs wait for, because it would never answer them
 * (https://developer.chrome.com/docs/web-platform/page-lifecycle-api). Returns a function that stops listening.
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
