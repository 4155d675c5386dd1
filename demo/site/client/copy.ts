import { element } from "./element.ts";

/** How long a button says that its code was copied, in milliseconds. */
const THANKS = 1500;

/** Gives every block of code a button that copies it, as it is at that moment. */
export function startCopying(): void {
  for (const block of document.querySelectorAll<HTMLElement>(".block")) {
    const button = element("button", { type: "button", className: "copy" }, "Copy");
    button.addEventListener("click", () => void copy(block, button));
    (block.querySelector(".buttons") ?? block).append(button);
  }
}

async function copy(block: HTMLElement, button: HTMLButtonElement): Promise<void> {
  const text = block.querySelector("textarea")?.value ?? block.querySelector("code")?.textContent ?? "";
  button.textContent = await navigator.clipboard.writeText(text).then(
    () => "Copied",
    () => "Not allowed here",
  );
  setTimeout(() => (button.textContent = "Copy"), THANKS);
}
