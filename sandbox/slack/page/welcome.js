/** The first steps of a newcomer, in #general, until they are put away. */
import { prefill } from "./composer.js";
import { el } from "./dom.js";
import { channel, group, store, user } from "./store.js";

const KEY = "orgbot-sandbox-welcome";
const EXAMPLE = "/org create-account";

const first = (entry) => entry.real_name.split(" ")[0];

/** @returns {Node|null} the panel */
export function welcome() {
  if (channel(store.place)?.name !== "general" || sessionStorage.getItem(KEY)) return null;
  const approver = user(group("S0APPROVERS").users.find((id) => id !== store.me));
  const panel = el("section.welcome", { "aria-label": "Try it" },
    el("button.close", { type: "button", "aria-label": "Put away", onclick: () => { sessionStorage.setItem(KEY, "seen"); panel.remove(); } }, "×"),
    el("h3", {}, "Try it: create an AWS account from Slack"),
    el("ol", {},
      el("li", {}, "Type ", el("button.try", { type: "button", onclick: () => prefill(EXAMPLE) }, EXAMPLE), " below, and fill in the form."),
      el("li", {}, "Be ", el("a.try", { href: `#${approver.id}/C0APPROVALS` }, `${first(approver)} in #aws-approvals`), " and press Approve on the card."),
      el("li", {}, `Open the card's thread and watch the account come into being. ${first(user(store.me))} has a direct message with its id.`)),
    el("p", {}, "Slack and AWS are stand-ins on this machine; the bot is the real one. ", el("button.try", { type: "button", onclick: () => prefill("/org help") }, "/org help"), " shows what else it does.", store.state.panel && " Behind the scenes, at the top, has AWS as it is, buttons that break things, and scenes to watch."));
  return panel;
}
