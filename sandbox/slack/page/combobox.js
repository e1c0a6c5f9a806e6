/** A menu that can be typed into. Source: WAI-ARIA Authoring Practices, "Combobox Pattern". */
import { el, replace } from "./dom.js";

const PAUSE = 150;
let made = 0;

/**
 * The list opens by a click, by typing or by the arrow down, never by itself: it would cover the next fields.
 * @param {object} config {id, many, chosen, placeholder, find(text) -> Promise<options>, changed(options)}
 * @returns {HTMLElement}
 */
export function combobox({ id, many, chosen, placeholder, find, changed }) {
  const listId = `list-${(made += 1)}`;
  let options = [];
  let active = -1;
  let timer = 0;
  let round = 0;
  let picked = [...chosen];

  const field = el("input", {
    id, type: "text", role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": listId, placeholder,
    value: many ? "" : picked[0]?.text.text ?? "",
  });
  const list = el("ul.list", { id: listId, role: "listbox", "aria-label": "Options", hidden: true });
  const chips = el("span.chips");
  const node = el("div.combobox", {}, many && chips, field, list);

  function tell() {
    draw();
    changed(picked);
  }

  function draw() {
    replace(chips, picked.map((option) => el("span.chip", {}, option.text.text,
      el("button", { type: "button", "aria-label": `Remove ${option.text.text}`, onclick: () => { picked = picked.filter((one) => one !== option); tell(); } }, "×"))));
    if (!many) field.value = picked[0]?.text.text ?? "";
  }

  function pick(option) {
    picked = many ? [...picked.filter((one) => one.value !== option.value), option] : [option];
    if (many) field.value = "";
    close();
    tell();
  }

  /** Closes the list; what is still being searched for comes too late. */
  function close() {
    clearTimeout(timer);
    round += 1;
    list.hidden = true;
    active = -1;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  }

  function show() {
    const entries = options.map((option, index) => el("li", {
      id: `${listId}-${index}`, role: "option", "aria-selected": String(index === active),
      onmousedown: (event) => { event.preventDefault(); pick(option); },
    }, option.text.text, option.description && el("small", {}, option.description.text)));
    replace(list, entries.length ? entries : el("li.nothing", {}, "Nothing matches"));
    list.hidden = false;
    field.setAttribute("aria-expanded", "true");
    if (active < 0) field.removeAttribute("aria-activedescendant");
    else {
      field.setAttribute("aria-activedescendant", `${listId}-${active}`);
      list.children[active].scrollIntoView({ block: "nearest" });
    }
  }

  /** Opens the list. @param {boolean} mark whether the first entry is marked, so that Enter takes it */
  async function search(text, mark) {
    clearTimeout(timer);
    const mine = (round += 1);
    const found = await find(text);
    if (mine !== round || document.activeElement !== field) return;
    options = found;
    active = mark && options.length ? 0 : -1;
    show();
  }

  function move(step) {
    if (list.hidden) search("", true);
    else if (options.length) {
      active = active < 0 && step < 0 ? options.length - 1 : (active + step + options.length) % options.length;
      show();
    }
  }

  function enter() {
    if (active >= 0) pick(options[active]);
    else close();
  }

  field.addEventListener("focus", () => field.select());
  field.addEventListener("click", () => { if (list.hidden) search("", false); });
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => search(field.value, field.value !== ""), PAUSE); });
  field.addEventListener("blur", () => {
    close();
    const emptied = !many && !field.value && picked.length;
    if (emptied) picked = [];
    if (emptied) tell(); else draw();
  });
  field.addEventListener("keydown", (event) => {
    const open = !list.hidden;
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp" && open) move(-1);
    else if (event.key === "Enter" && open && !event.ctrlKey && !event.metaKey) enter();
    else if (event.key === "Escape" && open) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  draw();
  return node;
}
