/** A menu that can be typed into. Source: WAI-ARIA Authoring Practices, "Combobox Pattern". */
import { el, replace } from "./dom.js";

const PAUSE = 150;
let made = 0;

/**
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
    id, type: "text", role: "combobox", autocomplete: "off", "aria-expanded": "false", "aria-controls": listId, placeholder,
    value: many ? "" : picked[0]?.text.text ?? "",
  });
  const list = el("ul.list", { id: listId, role: "listbox", hidden: true });
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

  function close() {
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
    if (active >= 0) {
      field.setAttribute("aria-activedescendant", `${listId}-${active}`);
      list.children[active].scrollIntoView({ block: "nearest" });
    }
  }

  async function search(text) {
    const mine = (round += 1);
    const found = await find(text);
    if (mine !== round || document.activeElement !== field) return;
    options = found;
    active = -1;
    show();
  }

  function move(step) {
    if (list.hidden || !options.length) return;
    active = (active + step + options.length) % options.length;
    show();
  }

  field.addEventListener("focus", () => { field.select(); search(""); });
  field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => search(field.value), PAUSE); });
  field.addEventListener("blur", () => {
    close();
    const emptied = !many && !field.value && picked.length;
    if (emptied) picked = [];
    if (emptied) tell(); else draw();
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") move(1);
    else if (event.key === "ArrowUp") move(-1);
    else if (event.key === "Enter" && !list.hidden && options.length) pick(options[Math.max(active, 0)]);
    else if (event.key === "Escape" && !list.hidden) close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  draw();
  return node;
}
