// Runs before the first paint, so that neither a chosen theme nor the text of a mode flashes.
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  if (localStorage.getItem("place") === "shared") document.documentElement.dataset.mode = "shared";
} catch {
  // Without storage, the system's theme is used.
}
