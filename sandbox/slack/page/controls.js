/** What people fill in. Each control calls `changed` with the piece of state that Slack would send, such as {value} or {selected_option}. */
import { complain, upload } from "./api.js";
import { combobox } from "./combobox.js";
import { el } from "./dom.js";
import { plain } from "./mrkdwn.js";
import { people, store } from "./store.js";

/** @returns {Node} the control of an element; `given` is its earlier state, kept when a view is drawn again */
export function control(item, block, surface, changed, given) {
  const make = CONTROLS[item.type];
  return make ? make(item, block, surface, changed, given ?? {}) : el("div.unsupported", {}, `unsupported element: ${item.type}`);
}

function line(type) {
  return (item, block, surface, changed, given) => {
    const value = given.value ?? item.initial_value ?? "";
    const attributes = {
      id: surface.idOf?.(block), placeholder: item.placeholder?.text, maxlength: item.max_length, minlength: item.min_length,
      oninput: (event) => changed({ value: event.target.value || null }),
    };
    return item.multiline ? el("textarea", { rows: 4, ...attributes, value }) : el("input", { type, autocomplete: "off", ...attributes, value });
  };
}

/** A menu with a list that can be searched; external ones ask the bot while one types. */
function menu(many, source) {
  return (item, block, surface, changed, given) => {
    const key = many ? "selected_options" : "selected_option";
    const chosen = given[key] ?? (many ? item.initial_options ?? [] : item.initial_option ?? null);
    return combobox({
      id: surface.idOf?.(block),
      many,
      chosen: many ? chosen : chosen ? [chosen] : [],
      placeholder: item.placeholder?.text ?? (many ? "Choose some" : "Choose one"),
      find: (text) => source(item, block, surface, text),
      changed: (options) => changed({ [key]: many ? options : options[0] ?? null }),
    });
  };
}

function fixed(item, _block, _surface, text) {
  const all = item.options ?? (item.option_groups ?? []).flatMap((group) => group.options);
  return Promise.resolve(all.filter((option) => option.text.text.toLowerCase().includes(text.toLowerCase())));
}

async function asked(item, block, surface, text) {
  if (text.length < (item.min_query_length ?? 3)) return [];
  const answer = await surface.options(block.block_id, item.action_id, text);
  return answer.options ?? (answer.option_groups ?? []).flatMap((group) => group.options);
}

/** Users and conversations have state of their own kind: an id instead of an option. */
function entities(kind, many, list) {
  return (item, block, surface, changed, given) => {
    const key = `selected_${kind}${many ? "s" : ""}`;
    const options = () => list().map((entry) => ({ text: { type: "plain_text", text: entry.real_name ?? `#${entry.name}` }, value: entry.id }));
    const ids = [given[key] ?? item[`initial_${kind}${many ? "s" : ""}`] ?? []].flat();
    return combobox({
      id: surface.idOf?.(block),
      many,
      chosen: options().filter((option) => ids.includes(option.value)),
      placeholder: item.placeholder?.text ?? "Choose",
      find: async (text) => options().filter((option) => option.text.text.toLowerCase().includes(text.toLowerCase())),
      changed: (found) => changed({ [key]: many ? found.map((option) => option.value) : found[0]?.value ?? null }),
    });
  };
}

function ticks(type) {
  return (item, block, surface, changed, given) => {
    const many = type === "checkbox";
    const key = many ? "selected_options" : "selected_option";
    const start = many ? given[key] ?? item.initial_options ?? [] : [given[key] ?? item.initial_option].filter(Boolean);
    const name = `${surface.idOf?.(block) ?? "tick"}-${item.action_id}`;
    const box = el("div.ticks", { role: many ? "group" : "radiogroup" }, item.options.map((option) => el("label", {},
      el("input", { type, name, value: option.value, checked: start.some((one) => one.value === option.value) }),
      el("span", {}, plain(option.text.text), option.description && el("small", {}, plain(option.description.text))))));
    box.addEventListener("change", () => {
      const on = [...box.querySelectorAll("input:checked")].map((node) => item.options.find((option) => option.value === node.value));
      changed({ [key]: many ? on : on[0] ?? null });
    });
    return box;
  };
}

function moment(type, key) {
  return (item, block, surface, changed, given) => el("input", {
    type, id: surface.idOf?.(block), value: given[key] ?? item[key.replace("selected", "initial")] ?? "",
    onchange: (event) => changed({ [key]: event.target.value || null }),
  });
}

function files(item, block, surface, changed) {
  return el("input", {
    type: "file", id: surface.idOf?.(block), multiple: (item.max_files ?? 10) > 1, accept: item.filetypes?.map((kind) => `.${kind}`).join(","),
    onchange: async (event) => {
      const sent = await Promise.all([...event.target.files].map((file) => upload(file)));
      sent.forEach((answer) => complain(answer, "The file was not taken"));
      changed({ files: sent.map((answer) => answer.file).filter(Boolean) });
    },
  });
}

const conversations = () => store.state.channels.filter((entry) => !entry.is_im);

const CONTROLS = {
  plain_text_input: line("text"), email_text_input: line("email"), url_text_input: line("url"), number_input: line("number"),
  static_select: menu(false, fixed), multi_static_select: menu(true, fixed),
  external_select: menu(false, asked), multi_external_select: menu(true, asked),
  users_select: entities("user", false, people), multi_users_select: entities("user", true, people),
  conversations_select: entities("conversation", false, conversations), multi_conversations_select: entities("conversation", true, conversations),
  channels_select: entities("channel", false, conversations), multi_channels_select: entities("channel", true, conversations),
  checkboxes: ticks("checkbox"), radio_buttons: ticks("radio"),
  datepicker: moment("date", "selected_date"), timepicker: moment("time", "selected_time"),
  file_input: files,
};
