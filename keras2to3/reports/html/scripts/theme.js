// Runs before the page is painted: the theme that was chosen, or that of the system.
document.documentElement.classList.add("scripted");
const theme = {
  stored() {
    try { return localStorage.getItem("keras2to3-theme"); } catch { return null; } // a file may have no storage
  },
  store(name) {
    try { localStorage.setItem("keras2to3-theme", name); } catch { /* it then holds for this page alone */ }
  },
  isDark() {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  },
  set(name) { document.documentElement.dataset.theme = name; },
};
if (["light", "dark"].includes(theme.stored())) theme.set(theme.stored());
document.addEventListener("DOMContentLoaded", () => {
  const button = document.getElementById("theme");
  const show = () => button.setAttribute("aria-pressed", String(theme.isDark()));
  button.addEventListener("click", () => {
    theme.set(theme.isDark() ? "light" : "dark");
    theme.store(document.documentElement.dataset.theme);
    show();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
  show();
});
