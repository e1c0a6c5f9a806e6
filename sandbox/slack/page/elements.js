/** Block Kit's elements outside of inputs: buttons, menus, overflow. Source: Slack API, "Block Kit: Block elements". */
import { confirmed } from "./confirm.js";
import { el } from "./dom.js";
import { control } from "./controls.js";
import { plain } from "./mrkdwn.js";

/** @returns {Node} an element of an actions block or an accessory, which tells the bot when it is used */
export function element(item, block, surface) {
  if (item.type === "button") return button(item, block, surface);
  if (item.type === "image") return el("img.accessory", { src: item.image_url, alt: item.alt_text ?? "" });
  const made = item.type === "overflow" ? overflow(item, block, surface)
    : control(item, block, surface, (value) => surface.act({ type: item.type, block_id: block.block_id, action_id: item.action_id, ...value }));
  made.dataset.action = item.action_id;
  return made;
}

function button(item, block, surface) {
  const node = el(`button.button${item.style ? `.${item.style}` : ""}`, { type: "button", "data-action": item.action_id, "aria-label": item.accessibility_label }, plain(item.text.text));
  node.addEventListener("click", async () => {
    if (node.classList.contains("busy")) return;
    if (item.confirm && !(await confirmed(item.confirm))) return;
    if (item.url) window.open(item.url, "_blank", "noopener");
    await busy(node, () => surface.act({ type: "button", block_id: block.block_id, action_id: item.action_id, value: item.value, text: item.text }));
  });
  return node;
}

/** Shows that something is under way, and keeps a second click off meanwhile. */
async function busy(node, work) {
  node.setAttribute("aria-disabled", "true"); // A button that is disabled would lose the focus.
  node.classList.add("busy");
  try {
    await work();
  } finally {
    node.removeAttribute("aria-disabled");
    node.classList.remove("busy");
  }
}

function overflow(item, block, surface) {
  const menu = el("select.overflow", { "aria-label": "More" }, el("option", { value: "" }, "⋯"),
    item.options.map((option) => el("option", { value: option.value }, option.text.text)));
  menu.addEventListener("change", () => {
    const chosen = item.options.find((option) => option.value === menu.value);
    menu.value = "";
    if (chosen) surface.act({ type: "overflow", block_id: block.block_id, action_id: item.action_id, selected_option: chosen });
  });
  return menu;
}
