import { element } from "./element.ts";

/** The button that changes between the light and the dark theme; the counters' page keeps the same choice. */
export function startTheme(): void {
  const button = element("button", { type: "button", className: "theme-button" });
  button.addEventListener("click", () => {
    const theme = isDark() ? "light" : "dark";
    document.documentElement.dataset["theme"] = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // Without storage, the choice lasts as long as the page.
    }
    label();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", label);
  label();
  document.querySelector("#theme")?.replaceWith(button);

  function label(): void {
    button.textContent = isDark() ? "Light theme" : "Dark theme";
  }
}

function isDark(): boolean {
  const { theme } = document.documentElement.dataset;
  return theme === undefined ? matchMedia("(prefers-color-scheme: dark)").matches : theme === "dark";
}
