/** A list of messages, drawn anew where something has changed: the rest keeps its place, its focus and its open menus. */
import { arrange, el } from "./dom.js";

const NEAR = 120;
const FIELDS = "button, select, input, textarea, a[href]";

/**
 * @param {string} label what a screen reader calls it
 * @returns {{node: HTMLElement, show: (rows: Array<{key: string, version: string, draw: () => Node}>) => void}}
 */
export function log(label) {
  const node = el("div.messages", { role: "log", "aria-label": label });
  let drawn = new Map();
  let atEnd = true;
  let put = -1; // Where the list was scrolled to from here: that is no wish to read further up.
  const toEnd = () => {
    if (!atEnd) return;
    node.scrollTop = node.scrollHeight;
    put = node.scrollTop;
  };
  node.addEventListener("scroll", () => { atEnd = node.scrollTop === put || node.scrollHeight - node.scrollTop - node.clientHeight < NEAR; });
  node.addEventListener("load", toEnd, true); // A picture has its height only when it is there.

  function show(rows) {
    const before = drawn;
    drawn = new Map(rows.map(({ key, version, draw }) => [key, before.get(key)?.version === version ? before.get(key) : { version, node: draw() }]));
    const focused = whereFocusIs(node);
    arrange(node, [...drawn.values()].map((entry) => entry.node));
    if (focused) focusAgain(node, focused);
    toEnd();
  }
  return { node, show };
}

/** The focused action, by what it is and not by where it stands. */
function whereFocusIs(list) {
  const active = list.contains(document.activeElement) ? document.activeElement : null;
  const ts = active?.closest(".message")?.dataset.ts;
  if (!ts) return null;
  return { active, ts, block: active.closest("[data-block]")?.dataset.block, action: active.closest("[data-action]")?.dataset.action };
}

function focusAgain(list, { active, ts, block, action }) {
  if (document.activeElement === active) return;
  const message = [...list.querySelectorAll(".message")].find((one) => one.dataset.ts === ts);
  const same = [...(message?.querySelectorAll("[data-action]") ?? [])]
    .find((one) => one.dataset.action === action && one.closest("[data-block]")?.dataset.block === block);
  const field = same?.matches(FIELDS) ? same : same?.querySelector(FIELDS);
  (field ?? message)?.focus({ preventScroll: true });
}
