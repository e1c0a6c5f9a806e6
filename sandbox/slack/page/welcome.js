/** The first steps of a newcomer, in #general and where they lead, until they are put away. */
import { prefill } from "./composer.js";
import { el } from "./dom.js";
import { play } from "./panel.js";
import { channel, group, store, user } from "./store.js";

const KEY = "orgbot-sandbox-welcome";
const EXAMPLE = "/org create-account";

const first = (entry) => entry.real_name.split(" ")[0];
const take = (command, label = command) => el("button.try", { type: "button", onclick: () => prefill(command) }, label);

/** The whole request, of an account that is not there yet. */
function whole() {
  const name = `trial-${Math.floor(Date.now() / 1000) % 100000}`;
  return `${EXAMPLE} --name ${name} --email ${name}@example.com --ou /Workloads/Staging --reason "To try it"`;
}

const STEPS = {
  general: () => {
    const approver = user(group("S0APPROVERS").users.find((id) => id !== store.me));
    return ["Try it: create an AWS account from Slack, then break it",
      el("ol", {},
        el("li", {}, "Type ", take(EXAMPLE), " below, and fill in the form; or send it ", el("button.try", { type: "button", onclick: () => prefill(whole()) }, "filled in"), "."),
        el("li", {}, "Be ", el("a.try", { href: `#${approver.id}/C0APPROVALS` }, `${first(approver)} in #aws-approvals`), " and press Approve on the card."),
        el("li", {}, `Open the card's thread and watch the account come into being. ${first(user(store.me))} has a direct message with its id.`),
        store.state.panel && el("li", {}, "Do it again, and before AWS is done press ", breaks(), ": there is one account in the end.")),
      store.state.panel && el("p", {}, "Or only watch: ", el("button.try", { type: "button", onclick: () => play("killed") }, "the bot is killed half-way"), ", and there is one account in the end."),
      el("p", {}, "Slack and AWS are stand-ins on this machine; the bot is the real one. ", take("/org help"), " shows what else it does.", store.state.panel && " The scenes below those buttons play the rest by themselves.")];
  },
  "aws-approvals": () => ["Decide here",
    el("p", {}, "Who asked can't approve. Press Approve on the card as somebody else, then open its thread and watch.", store.state.panel && [" Before AWS is done, press ", breaks(), ": nothing happens twice."])],
};

const breaks = () => [el("strong", {}, "Kill the bot"), " or ", el("strong", {}, "Lose AWS's next answer"), " (Behind the scenes)"];

/** @returns {Node|null} the panel */
export function welcome() {
  const name = channel(store.place)?.name;
  const key = `${KEY}-${name}`;
  if (!STEPS[name] || sessionStorage.getItem(key)) return null;
  const [title, ...steps] = STEPS[name]();
  const panel = el("section.welcome", { "aria-label": "Try it" },
    el("button.close", { type: "button", "aria-label": "Put away", onclick: () => { sessionStorage.setItem(key, "seen"); panel.remove(); } }, "×"),
    el("h3", {}, title), steps);
  return panel;
}
