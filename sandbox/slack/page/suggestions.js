/** The slash commands that fit what is typed; Enter and Tab take the marked one.
 *
 * The box has several lines, so that it stays a text box: a combobox has one. Source: WAI-ARIA 1.2, "textbox"; ARIA in HTML, "textarea".
 */
import { el, replace } from "./dom.js";
import { store } from "./store.js";

const LIST = "suggestions";

/**
 * @param {HTMLTextAreaElement} field
 * @param {(command: string) => void} take
 * @returns {{list: HTMLElement, look: () => void, takes: (event: KeyboardEvent) => boolean}} `look` when the text has changed;
 *   `takes` whether a key was meant for the list
 */
export function suggestions(field, take) {
  let found = [];
  let active = 0;
  const list = el("ul.suggestions", { id: LIST, hidden: true, role: "listbox", "aria-label": "Commands" });
  const marks = { "aria-autocomplete": "list", "aria-haspopup": "listbox", "aria-controls": LIST };
  for (const [name, value] of Object.entries(marks)) field.setAttribute(name, value);

  /** Once the command is typed in full, the list only shows how it goes on, and Enter sends. */
  const choosing = () => !list.hidden && !/\s/.test(field.value) && field.value !== found[active]?.command;

  function look() {
    const first = field.value.split(/\s/, 1)[0];
    found = first.startsWith("/") && !field.value.includes("\n") ? store.state.commands.filter((entry) => entry.command.startsWith(first)) : [];
    active = 0;
    list.hidden = !found.length;
    show();
  }

  function show() {
    replace(list, found.map(option));
    if (choosing()) field.setAttribute("aria-activedescendant", `${LIST}-${active}`);
    else field.removeAttribute("aria-activedescendant");
  }

  function option(entry, index) {
    return el("li", {
      id: `${LIST}-${index}`, role: "option", "aria-selected": String(choosing() && index === active), onmousedown: (event) => { event.preventDefault(); take(entry.command); },
    }, el("strong", {}, entry.command), " ", el("code", {}, entry.usage_hint ?? ""), el("small", {}, entry.description));
  }

  function hide() {
    list.hidden = true;
    show();
  }

  function takes(event) {
    if (list.hidden) return false;
    if (event.key === "Escape") hide();
    else if (!choosing()) return false;
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") { active = (active + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length; show(); }
    else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") take(found[active].command);
    else return false;
    return true;
  }

  field.addEventListener("blur", hide);
  return { list, look, takes };
}
