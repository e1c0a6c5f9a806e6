/** The stand-in's endpoints under /sandbox, always as the person who sits in front of the page. */
import { toast } from "./dom.js";

const PATIENCE = 15000; // The stand-in itself waits 3 s for the bot.
const UPLOAD_PATIENCE = 60000;
const AGAIN = 1000;
/** Names this window: Slack opens a form in the one where it was asked for. */
const WINDOW = `w${Date.now().toString(36)}${Math.random().toString(36).slice(2)}`;
let me = "";

/** @param {string} user the id of the person from now on */
export function actAs(user) {
  me = user;
}

/** @returns {Promise<object>} the answer to a reading endpoint */
export function get(name, query = {}) {
  return ask(`/sandbox/${name}?${new URLSearchParams({ as: me, ...query })}`);
}

/** @returns {Promise<object>} the answer to a doing endpoint; trouble is shown as Slack shows it */
export function post(name, body = {}) {
  return ask(`/sandbox/${name}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ as: me, window: WINDOW, ...body }),
  });
}

/** Says what went wrong, unless it has been said already. @param {object} answer @param {string} what */
export function complain(answer, what) {
  if (!answer.ok && answer.error !== "unreachable") toast(`${what} (${answer.error}).`);
}

/** Takes one of the app's shortcuts, from anywhere or from a message. @param {object} shortcut @param {object} where */
export async function take(shortcut, where = {}) {
  complain(await post("shortcut", { callback_id: shortcut.callback_id, ...where }), `${shortcut.name} failed`);
}

/** @param {File} file @returns {Promise<object>} the uploaded file as Slack describes it */
export function upload(file) {
  const body = new FormData();
  body.append("as", me);
  body.append("file", file);
  return ask("/sandbox/upload", { method: "POST", body }, UPLOAD_PATIENCE);
}

async function ask(address, how = {}, patience = PATIENCE) {
  try {
    return await (await fetch(address, { ...how, signal: AbortSignal.timeout(patience) })).json();
  } catch {
    toast("The sandbox does not answer. Is it still running?");
    return { ok: false, error: "unreachable" };
  }
}

/**
 * Live events over a WebSocket, which comes again by itself. It rests while the page is left: the browser keeps pages that one
 * may come back to, with whatever they hold open.
 * @param {(event: object) => void} hear called for each live event
 * @param {() => void} again called whenever the connection stands: what happened before has to be read
 * @returns {{close: () => void}}
 */
export function listen(hear, again) {
  const address = new URL(`/sandbox/events?${new URLSearchParams({ as: me, window: WINDOW })}`, location.href);
  address.protocol = address.protocol.replace("http", "ws");
  const over = new AbortController();
  let socket = null;
  let timer = 0;

  const rest = () => {
    clearTimeout(timer);
    if (socket) socket.onclose = null;
    socket?.close();
  };
  const connect = () => {
    socket = new WebSocket(address);
    socket.onmessage = (message) => hear(JSON.parse(message.data));
    socket.onopen = again;
    socket.onclose = () => { timer = setTimeout(connect, AGAIN); };
  };
  addEventListener("pagehide", rest, { signal: over.signal });
  addEventListener("pageshow", (event) => { if (event.persisted) connect(); }, { signal: over.signal });
  connect();
  return { close: () => { over.abort(); rest(); } };
}
