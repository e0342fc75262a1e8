// Requests of the last moments, and one of them explained.
import { get, words } from "./calls.js";
import { $, clock, make, millis, time_element } from "./dom.js";

const NONE = {
  failed: "No request has failed lately.",
  retried: "No request was tried again lately.",
  recent: "There was no request yet.",
};

let shown = "";

function row(request) {
  const button = make("button", "open", make("span", "", `${request.method} ${request.path}`));
  button.type = "button";
  button.onclick = () => explain(`api/requests/ref/${request.reference}`, request.request_id);
  const status = make("b", request.status >= 500 ? "bad" : "", String(request.status));
  const figures = make("span", "quiet", ` ${millis(request.duration_ms)}`);
  const text = make("span", "words", button, make("span", "quiet", request.summary));
  return make("li", "request", time_element(request.began), make("span", "status", status, figures), text);
}

export async function show_requests(show) {
  const { requests } = await get(`api/requests?show=${show}&limit=50`);
  $("request-none").hidden = requests.length > 0;
  $("request-none").textContent = NONE[show];
  // A list that is the same stays as it is: somebody may be reading it by keyboard.
  const key = show + requests.map((request) => request.reference).join();
  if (key === shown) return;
  const list = $("request-list");
  const focused = [...list.children].findIndex((item) => item.contains(document.activeElement));
  shown = key;
  list.replaceChildren(...requests.map(row));
  if (focused >= 0) list.children[Math.min(focused, requests.length - 1)]?.querySelector("button").focus();
}

function attempt(part) {
  const status = part.status ? ` (${part.status})` : "";
  const times = `from ${millis(part.began_ms)}, took ${millis(part.duration_ms)}`;
  return make("li", "", make("b", "", part.server), ` ${part.words}${status}`, make("span", "quiet", ` ${times}, at ${part.address}`));
}

async function explain(path, id) {
  const target = $("explanation");
  try {
    const found = await get(path);
    const title = make("h3", "", `${found.method} ${found.path}`);
    title.tabIndex = -1;
    const known = found.request_id ?? id;
    const facts = [`${found.status} after ${millis(found.duration_ms)}`, found.protocol, `from ${found.client}`, `at ${clock(found.began)}`];
    const close = make("button", "", "Close");
    close.type = "button";
    close.onclick = () => target.replaceChildren();
    target.replaceChildren(
      title,
      make("p", "", found.summary),
      make("p", "quiet", facts.join(", ")),
      known ? make("p", "quiet", "X-Request-Id ", make("code", "", known)) : "",
      found.attempts.length ? make("ol", "", ...found.attempts.map(attempt)) : "",
      close,
    );
    title.focus();
    title.scrollIntoView({ block: "nearest" });
  } catch (error) {
    target.replaceChildren(make("p", "bad", words(error)));
  }
}

$("explain").addEventListener("submit", (event) => {
  event.preventDefault();
  const id = $("request-id").value.trim();
  explain(`api/requests/${encodeURIComponent(id)}`, id);
});
