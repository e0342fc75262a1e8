// Pools and their servers.
import { circuit_lines } from "./circuits.js";
import { $, clock, drop_others, keyed, millis, percent, say, seconds_since, short, span_of } from "./dom.js";
import { follow_order, open_order } from "./orders.js";

const SOURCES = { file: "", admin: "added by hand", dns: "found by DNS" };
const STATES = { drain: "draining", disabled: "out", ejected: "put out by traffic" };

export function show_pools(status, before, seconds, minutes) {
  drop_others($("pools"), status.pools.map((pool) => pool.name));
  for (const pool of status.pools) {
    const section = keyed($("pools"), pool.name, "pool-template");
    say(section.querySelector("h2"), pool.name);
    say(section.querySelector(".algorithm"), pool.algorithm.replace("_", " "));
    show_discovery(section.querySelector(".discovery"), pool.discovery);
    show_own(section.querySelector(".own"), pool, minutes);
    const body = section.querySelector("tbody");
    follow_order(pool);
    drop_others(body, pool.servers.map((server) => server.name));
    const busiest = Math.max(4, ...pool.servers.map((server) => server.in_flight));
    const known = before?.pools.find((other) => other.name === pool.name);
    for (const server of pool.servers) {
      const old = known?.servers.find((other) => other.name === server.name);
      const rate = old && seconds > 0 ? Math.max(0, (server.requests_total - old.requests_total) / seconds) : 0;
      show_server(keyed(body, server.name, "server-template"), { pool, server, rate, busiest, minutes });
    }
  }
}

function show_discovery(line, discovery) {
  line.hidden = !discovery;
  if (!discovery) return;
  const { dns, port, addresses, error } = discovery;
  line.classList.toggle("failed", error !== null);
  const found = `servers of ${dns}:${port}, ${addresses} ${addresses === 1 ? "address" : "addresses"}`;
  const since = discovery.last_answer ? `, last answer ${span_of(seconds_since(discovery.last_answer))} ago` : "";
  say(line, error === null ? found : `${found}; the resolver fails: ${error}${since}`);
}

/** Errors that no server has given: they stand in no row. */
function show_own(line, pool, minutes) {
  const recently = pool.recently.find((part) => String(part.minutes) === minutes);
  const codes = Object.entries(pool.own_errors).map(([code, count]) => `${count} × ${code}`);
  line.hidden = codes.length === 0;
  const last = recently ? `${recently.own_errors} in the last ${span_of(recently.seconds)}; ` : "";
  say(line, `Errors of the balancer's own: ${last}since the start ${codes.join(", ")}`);
}

function show_server(row, { pool, server, rate, busiest, minutes }) {
  const part = (name) => row.querySelector(`.${name}`);
  // The address stands below, whether the name has it or is it.
  const [name] = server.name.split("@");
  say(part("name"), name);
  part("name").title = server.name;
  const address = name === server.address ? "" : server.address;
  say(part("address"), [address, SOURCES[server.source]].filter(Boolean).join(", "));
  part("address").title = server.resolved ?? "not resolved";
  part("state").className = `badge state ${server.state}`;
  say(part("state"), STATES[server.state] ?? server.state);
  say(part("since"), since(server, pool));
  show_circuits(part("circuits"), server.circuits);
  say(part("in-flight"), String(server.in_flight));
  part("bar").firstElementChild.style.width = `${(100 * server.in_flight) / busiest}%`;
  say(part("rate"), short(rate));
  const recently = server.recently.find((other) => String(other.minutes) === minutes);
  const latency = recently ? [recently.p50_ms, recently.p95_ms, recently.p99_ms].map(millis).join(" / ") : "–";
  say(part("latency"), latency === "– / – / –" ? "–" : latency);
  const errors = recently?.errors ?? 0;
  say(part("errors"), errors ? `${short(errors)} (${percent(errors, recently.requests)})` : "0");
  part("errors").classList.toggle("failed", errors > 0);
  show_check(part("check"), part("next"), server);
  say(part("weight"), String(server.weight));
  const button = row.querySelector("button");
  button.setAttribute("aria-label", `Change ${server.name}`);
  button.onclick = () => open_order(pool, server, button);
}

/** Since when it is where it is, and why. */
function since(server, pool) {
  const failures = server.traffic_failures;
  const failing = failures && server.state === "up" ? `${failures} of ${pool.ejection.failures} failures in a row` : "";
  if (!server.since) return failing;
  const { at, by, reason } = server.since;
  const why = [`since ${clock(at)}`, server.state === "up" ? "" : `by ${by}`].filter(Boolean).join(", ");
  return [reason && server.state !== "up" ? `${why}: ${reason}` : why, failing].filter(Boolean).join("; ");
}

/** Set anew only where it is another one: screen readers read what changes. */
function show_circuits(list, circuits) {
  const lines = circuit_lines(circuits);
  const text = lines.map((line) => line.textContent).join();
  if (list.dataset.text === text) return;
  list.dataset.text = text;
  list.hidden = !lines.length;
  list.replaceChildren(...lines);
}

function show_check(check, next, server) {
  const failed = server.last_check_error !== null;
  check.classList.toggle("failed", failed);
  const result = failed ? server.last_check_error : `${server.last_check_status ?? "connected"} in ${millis(server.last_check_ms)}`;
  say(check, server.last_check ? result : "not checked yet");
  const ago = server.last_check ? `${span_of(seconds_since(server.last_check))} ago` : "";
  const due = server.next_check ? `next in ${span_of(-seconds_since(server.next_check))}` : "";
  say(next, [ago, due].filter(Boolean).join(", "));
}
