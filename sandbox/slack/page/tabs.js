/** The two tabs of the app. Source: WAI-ARIA Authoring Practices, "Tabs Pattern". */
import { el } from "./dom.js";

/** @param {"home"|"messages"} current @returns {HTMLElement} of which the page hears clicks on [data-tab] */
export function tabs(current) {
  const tab = (name, label) => el("button", {
    type: "button", role: "tab", "data-tab": name, "aria-selected": String(name === current), "aria-controls": "tab-panel", tabindex: name === current ? 0 : -1,
  }, label);
  const bar = el("div.tabs", { role: "tablist", "aria-label": "orgbot" }, tab("home", "Home"), tab("messages", "Messages"));
  bar.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    [...bar.children].find((one) => one !== document.activeElement)?.click();
    document.querySelector(".tabs [aria-selected='true']")?.focus();
  });
  return bar;
}
