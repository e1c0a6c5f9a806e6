/** The stand-in's endpoints under /sandbox, always as the person who sits in front of the page. */
import { toast } from "./dom.js";

let me = "";

/** @param {string} user the id of the person from now on */
export function actAs(user) {
  me = user;
}

/** @returns {Promise<object>} the answer to a reading endpoint */
export async function get(name, query = {}) {
  const answer = await fetch(`/sandbox/${name}?${new URLSearchParams({ as: me, ...query })}`);
  return answer.json();
}

/** @returns {Promise<object>} the answer to a doing endpoint; trouble is shown as Slack shows it */
export async function post(name, body = {}) {
  try {
    const answer = await fetch(`/sandbox/${name}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ as: me, ...body }),
    });
    return await answer.json();
  } catch {
    toast("The sandbox does not answer. Is it still running?");
    return { ok: false, error: "unreachable" };
  }
}

/** @param {File} file @returns {Promise<object>} the uploaded file as Slack describes it */
export async function upload(file) {
  const form = new FormData();
  form.append("as", me);
  form.append("file", file);
  return (await fetch("/sandbox/upload", { method: "POST", body: form })).json();
}

/** @param {(event: object) => void} hear called for each live event @param {() => void} again called after a lost connection */
export function listen(hear, again) {
  const source = new EventSource(`/sandbox/events?${new URLSearchParams({ as: me })}`);
  let lost = false;
  source.onmessage = (message) => hear(JSON.parse(message.data));
  source.onerror = () => { lost = true; };
  source.onopen = () => { if (lost) again(); lost = false; };
  return source;
}
