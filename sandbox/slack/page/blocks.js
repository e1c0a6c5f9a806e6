/** Block Kit to elements. Source: Slack API, "Block Kit: Blocks". An unknown block is shown as such, never swallowed. */
import { el } from "./dom.js";
import { element } from "./elements.js";
import { input } from "./inputs.js";
import { mrkdwn, plain } from "./mrkdwn.js";
import { user } from "./store.js";

/**
 * @param {Array<object>} blocks
 * @param {object} surface where they stand: {act(action, button), options(block, element, text), values, errors, view?}
 * @returns {Array<Node>}
 */
export function render(blocks, surface) {
  return (blocks ?? []).map((block) => {
    const made = BLOCKS[block.type]?.(block, surface) ?? el("div.unsupported", {}, `unsupported block: ${block.type}`);
    made.classList.add("block");
    made.dataset.block = block.block_id ?? "";
    return made;
  });
}

/** @param {{type: string, text: string}} object a text object */
export function text(object) {
  return object.type === "mrkdwn" ? mrkdwn(object.text) : plain(object.text);
}

const BLOCKS = {
  section: (block, surface) => el("div.section", {},
    el("div.words", {},
      block.text && el("div", {}, text(block.text)),
      block.fields && el("div.fields", {}, block.fields.map((field) => el("div.field", {}, text(field))))),
    block.accessory && el("div.accessory", {}, element(block.accessory, block, surface))),
  header: (block) => el("h3.header", {}, text(block.text)),
  divider: () => el("hr"),
  context: (block) => el("div.context", {}, block.elements.map((item) => (item.type === "image" ? picture(item, "small") : el("span", {}, text(item))))),
  actions: (block, surface) => el("div.actions", {}, block.elements.map((item) => element(item, block, surface))),
  image: (block) => el("figure", {}, block.title && el("figcaption", {}, text(block.title)), picture(block, "large")),
  input: (block, surface) => input(block, surface),
  rich_text: (block) => el("div.rich", {}, block.elements.map(rich)),
  markdown: (block) => el("div.markdown", {}, mrkdwn(block.text.replace(/\*\*(.+?)\*\*/g, "*$1*").replace(/^#+ (.*)$/gm, "*$1*"))),
  table: (block) => el("table", {}, block.rows.map((row, index) => el("tr", {}, row.map((cell) => el(index ? "td" : "th", {}, cell.text ?? cell.elements?.map(rich)))))),
  alert: (block) => el(`div.alert.${block.level ?? "info"}`, { role: "alert" }, text(block.text)),
};

function picture(image, size) {
  return el(`img.${size}`, { src: image.image_url ?? image.slack_file?.url ?? `/files/${image.slack_file?.id}/picture`, alt: image.alt_text ?? "" });
}

const RICH = {
  rich_text_section: (item) => el("p", {}, item.elements.map(rich)),
  rich_text_list: (item) => el(item.style === "ordered" ? "ol" : "ul", {}, item.elements.map((entry) => el("li", {}, rich(entry)))),
  rich_text_preformatted: (item) => el("pre", {}, item.elements.map(rich)),
  rich_text_quote: (item) => el("blockquote", {}, item.elements.map(rich)),
  text: (item) => styled(item.text, item.style),
  link: (item) => el("a", { href: item.url, target: "_blank", rel: "noopener noreferrer" }, item.text ?? item.url),
  emoji: (item) => plain(`:${item.name}:`).join(""),
  user: (item) => el("span.mention", {}, `@${user(item.user_id)?.real_name ?? item.user_id}`),
};

function rich(item) {
  return RICH[item.type]?.(item) ?? `[${item.type}]`;
}

function styled(words, style = {}) {
  const tags = { bold: "strong", italic: "em", strike: "s", code: "code" };
  return Object.keys(style).filter((name) => style[name] && tags[name]).reduce((inner, name) => el(tags[name], {}, inner), words);
}
