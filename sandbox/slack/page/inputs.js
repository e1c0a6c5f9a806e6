/** An input block: label, control, hint, and the error under it. Source: Slack API, "Block Kit: Input block". */
import { control } from "./controls.js";
import { el } from "./dom.js";
import { plain } from "./mrkdwn.js";

/** @returns {HTMLElement} the block; what is filled in goes into `surface.values`, errors come from `surface.errors` */
export function input(block, surface) {
  const error = surface.errors?.[block.block_id];
  const id = surface.idOf(block);
  const item = block.element;
  const keep = (piece) => {
    node.classList.remove("wrong");
    node.querySelector(".error")?.remove();
    surface.values[block.block_id] = { [item.action_id]: { type: item.type, ...piece } };
    if (block.dispatch_action) surface.act({ type: item.type, block_id: block.block_id, action_id: item.action_id, ...piece });
  };
  const given = surface.values[block.block_id]?.[item.action_id];
  const node = el(`div.input${error ? ".wrong" : ""}`, {},
    el("label", { for: id }, plain(block.label.text), block.optional && el("span.optional", {}, " (optional)")),
    control(item, block, surface, keep, given),
    error && el("div.error", { id: `${id}-error`, role: "alert" }, error),
    block.hint && el("div.hint", { id: `${id}-hint` }, plain(block.hint.text)));
  const field = node.querySelector(`#${CSS.escape(id)}`);
  field?.setAttribute("aria-describedby", [error && `${id}-error`, block.hint && `${id}-hint`].filter(Boolean).join(" "));
  if (error) field?.setAttribute("aria-invalid", "true");
  return node;
}

/** @returns {Object<string, string>} block id to complaint, for required inputs that are empty, as Slack's clients check */
export function incomplete(blocks, values) {
  const wrong = {};
  for (const block of blocks.filter((one) => one.type === "input" && !one.optional)) {
    const entry = Object.entries(values[block.block_id]?.[block.element.action_id] ?? initial(block.element));
    const filled = entry.some(([key, value]) => key !== "type" && value !== null && value !== "" && value?.length !== 0);
    if (!filled) wrong[block.block_id] = "Please complete this required field.";
  }
  return wrong;
}

function initial(item) {
  return Object.fromEntries(Object.entries(item).filter(([key]) => key.startsWith("initial_")));
}
