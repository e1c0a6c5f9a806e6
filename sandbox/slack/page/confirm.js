/** Block Kit's confirmation dialog. Source: Slack API, "Block Kit: Confirmation dialog object". */
import { el } from "./dom.js";
import { mrkdwn, plain } from "./mrkdwn.js";

/** @returns {Promise<boolean>} whether the person went on */
export function confirmed(dialog) {
  return new Promise((resolve) => {
    const node = el("dialog.confirm", { "aria-label": dialog.title.text },
      el("h2", {}, plain(dialog.title.text)),
      el("p", {}, dialog.text.type === "mrkdwn" ? mrkdwn(dialog.text.text) : plain(dialog.text.text)),
      el("footer", {},
        el("button.button", { type: "button", onclick: () => node.close("") }, dialog.deny.text),
        el(`button.button.${dialog.style ?? "primary"}`, { type: "button", onclick: () => node.close("yes") }, dialog.confirm.text)));
    node.addEventListener("close", () => { node.remove(); resolve(node.returnValue === "yes"); });
    document.body.append(node);
    node.showModal();
    node.querySelector("footer button:last-child").focus();
  });
}
