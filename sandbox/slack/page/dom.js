/** Making elements. Text always goes in as text, so that nothing that people type can become markup. */

/**
 * @param {string} tag such as "div" or "button.primary"
 * @param {object} attributes attributes; `on…` are listeners, `false`, `null` and `undefined` are left out
 * @param {...(Node|string|Array|null|undefined|false)} children
 * @returns {HTMLElement}
 */
export function el(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const node = document.createElement(name);
  if (classes.length) node.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (key === "value" || key === "checked") node[key] = value;
    else node.setAttribute(key, value === true ? "" : value);
  }
  append(node, children);
  return node;
}

/** @param {Node} node @param {Array} children nested arrays and empty values are fine */
export function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : String(child));
  }
}

/** @param {Element} node @param {...Node} children */
export function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter(Boolean));
}

/** Replaces the children, and gives the focus back to the one with the same data attribute. @param {Element} node @param {string} name such as "place" for data-place */
export function redraw(node, name, ...children) {
  const focused = node.contains(document.activeElement) && document.activeElement.dataset[name];
  replace(node, ...children);
  if (focused) [...node.querySelectorAll(`[data-${name}]`)].find((one) => one.dataset[name] === focused)?.focus({ preventScroll: true });
}

/** Makes these the children of a node without touching those that already stand where they should. @param {Element} node @param {Array<Node>} children */
export function arrange(node, children) {
  const wanted = children.filter(Boolean);
  for (const old of [...node.children]) if (!wanted.includes(old)) old.remove();
  wanted.forEach((child, index) => { if (node.children[index] !== child) node.insertBefore(child, node.children[index] ?? null); });
}

/** A line at the top that goes away by itself; the same one does not stand there twice. @param {string} text */
export function toast(text) {
  const node = el("div.toast", {}, text);
  const toasts = document.getElementById("toasts");
  [...toasts.children].find((one) => one.textContent === text)?.remove();
  toasts.append(node);
  setTimeout(() => node.remove(), 6000);
}
