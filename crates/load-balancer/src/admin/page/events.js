// What has happened, in words.
import { get } from "./calls.js";
import { $, make, time_element } from "./dom.js";

const WORDS = {
  started: () => "The load balancer has started",
  server_up: (name) => `${name} is up`,
  server_down: (name) => `${name} is down`,
  server_ejected: (name) => `${name} was put out by failing traffic`,
  circuit_opened: (name) => `The circuit of ${name} has opened`,
  circuit_half_opened: (name) => `The circuit of ${name} is tried`,
  circuit_closed: (name) => `The circuit of ${name} has closed`,
  server_active: (name) => `${name} is to take traffic again`,
  server_drained: (name) => `${name} is being drained`,
  server_disabled: (name) => `${name} was taken out`,
  weight_changed: (name) => `${name} has another weight`,
  server_added: (name) => `${name} was added`,
  server_removed: (name) => `${name} was removed`,
  server_left: (name) => `${name} is no longer found`,
  server_back: (name) => `${name} is found again`,
  server_renamed: (name) => `${name} is a server's new name`,
  configuration_reloaded: () => "A configuration has come into force",
  configuration_refused: () => "A configuration was refused; the old one stays",
  certificates_renewed: () => "Certificates were read again",
  certificates_refused: () => "Certificates were refused; the old ones stay",
  handed_on: () => "Another process has taken over",
  upgrade_failed: () => "A new process could not take over; this one goes on",
  lookup_failed: (name) => `The resolver has no answer for pool ${name}`,
  lookup_recovered: (name) => `The resolver answers again for pool ${name}`,
};
const BAD = ["server_down", "server_ejected", "circuit_opened", "configuration_refused", "certificates_refused", "upgrade_failed", "lookup_failed"];
const ODD = ["circuit_half_opened", "server_drained", "server_disabled", "server_removed", "server_left"];

/** Those of the newest answer, for the charts' marks. */
export let known_events = [];

export const level = (kind) => (BAD.includes(kind) ? "bad" : ODD.includes(kind) ? "warn" : "");

export function event_words(event) {
  const name = event.server ?? event.pool;
  return (WORDS[event.kind] ?? (() => event.kind))(name);
}

function row(event) {
  const pool = event.server ? `pool ${event.pool}` : "";
  const detail = [pool, `by ${event.by}`, event.reason].filter(Boolean).join(" · ");
  const words = make("span", "words", make("b", level(event.kind), event_words(event)), make("span", "quiet", detail));
  return make("li", "event", time_element(event.at), words);
}

export async function show_events() {
  const { events } = await get("api/events?limit=500");
  known_events = events;
  $("event-list").replaceChildren(...events.map(row));
}
