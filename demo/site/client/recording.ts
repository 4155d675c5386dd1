import { element } from "./element.ts";

/** Gives the recording of the first page a button: what moves by itself, and cannot be stopped, keeps readers from reading. */
export function startRecording(): void {
  const still = document.querySelector<HTMLImageElement>(".recording img");
  const link = document.querySelector<HTMLAnchorElement>(".recording a[data-alt]");
  if (still === null || link === null) return;
  const button = element("button", { type: "button", className: "button" }, "Play the recording");
  const recording = still.cloneNode() as HTMLImageElement;
  recording.alt = link.dataset["alt"] ?? "";
  recording.removeAttribute("src");
  let isPlaying = false;
  button.addEventListener("click", () => {
    isPlaying = !isPlaying;
    // Without its file while it is not shown, so that the next press plays it from its beginning.
    if (isPlaying) recording.src = link.href;
    else recording.removeAttribute("src");
    (isPlaying ? still : recording).replaceWith(isPlaying ? recording : still);
    button.textContent = isPlaying ? "Stop the recording" : "Play the recording";
  });
  still.after(button);
}
