/** Keeps the focus on the same action when what holds it is drawn anew. */

const FIELDS = "button, select, input, textarea, a[href]";

/**
 * An element is found again by its id, or by its action and block in its message; where the action is gone, the message takes
 * the focus, so that the keyboard goes on from there and never presses something else.
 * @param {Element} root @param {() => void} draw
 */
export function keepingFocus(root, draw) {
  const active = root.contains(document.activeElement) ? document.activeElement : null;
  const place = active && placeOf(active);
  draw();
  if (active && document.activeElement !== active) found(root, place)?.focus({ preventScroll: true });
}

function placeOf(node) {
  return {
    id: node.id,
    ts: node.closest(".message")?.dataset.ts,
    block: node.closest("[data-block]")?.dataset.block,
    action: node.closest("[data-action]")?.dataset.action,
  };
}

function found(root, { id, ts, block, action }) {
  const scope = ts ? [...root.querySelectorAll(".message")].find((one) => one.dataset.ts === ts) : root;
  if (id) return root.querySelector(`#${CSS.escape(id)}`);
  const same = action && [...(scope?.querySelectorAll("[data-action]") ?? [])]
    .find((one) => one.dataset.action === action && one.closest("[data-block]")?.dataset.block === block);
  return (same?.matches(FIELDS) ? same : same?.querySelector?.(FIELDS)) ?? (ts ? scope : null);
}
