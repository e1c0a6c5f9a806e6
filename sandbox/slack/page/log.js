/** A list of messages, drawn anew where something has changed: the rest keeps its place, its focus and its open menus. */
import { arrange, el } from "./dom.js";
import { keepingFocus } from "./focus.js";

const NEAR = 120;

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
    keepingFocus(node, () => arrange(node, [...drawn.values()].map((entry) => entry.node)));
    toEnd();
  }
  return { node, show };
}
