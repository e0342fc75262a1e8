// Asks for the status once a second and shows it; what changes less often is asked for less often.
import { get, words } from "./calls.js";
import { open_circuits } from "./circuits.js";
import { show_history } from "./charts.js";
import { $, choice, clock, millis, percent, plural, say, short, span_of } from "./dom.js";
import { show_events } from "./events.js";
import { show_pools } from "./pools.js";
import { show_requests } from "./requests.js";
import { show_setup } from "./setup.js";

const PERIOD_MS = 1000;
/** Charts and lists are asked for every so many seconds. */
const SLOWLY = 5;
/** After so long without an answer, what is shown is stale. */
const STALE_MS = 4000;

const minutes = choice("minutes", () => previous && show(previous.status, null));
const range = choice("range", () => slowly());
const listed = choice("show", () => slowly());

let previous = null;
let failed = null;
let turn = 0;
let events_seen = -1;

const sum = (items, key) => items.reduce((total, item) => total + item[key], 0);

function rate(status, key) {
  if (!previous) return 0;
  const seconds = (performance.now() - previous.at) / 1000;
  const change = sum(status.pools, key) - sum(previous.status.pools, key);
  return seconds > 0 ? Math.max(0, change / seconds) : 0;
}

function show_about(status) {
  const state = status.draining ? "draining" : status.status;
  const badge = $("overall");
  badge.className = `badge ${state}`;
  say(badge, state);
  say($("about"), `version ${status.version}, up ${span_of(status.uptime_seconds)}, ${plural(status.workers, "worker")}`);
  say($("updated"), clock(status.now));
}

function show_tiles(status, recently, now) {
  if (now !== null) say($("rate"), short(now));
  say($("requests-sum"), `${short(recently.requests)} in ${span_of(recently.seconds)}`);
  say($("errors"), short(recently.errors));
  say($("errors-share"), recently.requests ? percent(recently.errors, recently.requests) : "");
  $("errors-tile").classList.toggle("failing", recently.errors > 0);
  say($("errors-own"), recently.own_errors ? `${short(recently.own_errors)} by the balancer itself` : "none by the balancer itself");
  for (const key of ["p50", "p95", "p99"]) say($(key), millis(recently[`${key}_ms`]));
  say($("retries"), short(recently.retries));
  say($("in-flight"), String(sum(status.pools.flatMap((pool) => pool.servers), "in_flight")));
  say($("clients"), String(status.client_connections));
  say($("upstreams"), String(status.upstream_connections));
}

/** What whoever was called should know first. */
function verdict(status, recently) {
  const said = [];
  if (status.draining) said.push("The load balancer is ending: it takes no new connections.");
  for (const pool of status.pools) {
    const wanted = pool.servers.filter((server) => server.admin_state === "active" && server.state !== "leaving");
    const up = pool.servers.filter((server) => server.state === "up");
    if (!pool.servers.length) said.push(`Pool ${pool.name} has no server.`);
    else if (!up.length) said.push(`No server of pool ${pool.name} can take traffic.`);
    else if (up.length < wanted.length) said.push(`${plural(wanted.length - up.length, "server")} of ${wanted.length} of pool ${pool.name} cannot take traffic.`);
    said.push(...open_circuits(pool));
  }
  if (recently.errors) {
    const share = recently.errors === recently.requests ? "Every request" : `${percent(recently.errors, recently.requests)} of the requests`;
    const own = recently.own_errors ? `, ${recently.own_errors === recently.errors ? "always" : `${short(recently.own_errors)} times`} with an answer of the balancer's own` : "";
    said.push(`${share} of the last ${span_of(recently.seconds)} failed${own}.`);
  }
  const soon = status.certificates.filter((certificate) => certificate.days_left < 14);
  for (const { names, days_left } of soon) {
    said.push(`The certificate of ${names[0]} ${days_left < 0 ? "is no longer good" : `is good for ${plural(days_left, "day")} only`}.`);
  }
  return said;
}

function show(status, now) {
  const recently = status.recently.find((part) => String(part.minutes) === minutes());
  show_about(status);
  show_tiles(status, recently, now);
  const said = verdict(status, recently);
  $("verdict").classList.toggle("bad", said.length > 0);
  say($("verdict"), said.length ? said.join(" ") : "All servers that should take traffic do, and no request has failed.");
  show_pools(status, previous?.status, previous ? (performance.now() - previous.at) / 1000 : 0, minutes());
  show_setup(status);
}

function show_stale() {
  const stale = $("stale");
  const silent = failed !== null && (!previous || performance.now() - previous.at > STALE_MS);
  stale.hidden = !silent;
  // What was good then may not be now.
  $("verdict").hidden = silent;
  if (!silent) return;
  const since = previous ? `What is shown is as of ${clock(previous.status.now)}.` : "Nothing is known yet.";
  say(stale, `${words(failed)} ${since}`);
  $("overall").className = "badge lost";
  say($("overall"), "no connection");
}

/** What may lag a little; a failure here is told by the status, which is asked for just as well. */
async function slowly() {
  await Promise.allSettled([show_history(Number(range())), show_requests(listed())]);
}

async function refresh() {
  try {
    const status = await get("api/status");
    failed = null;
    show(status, rate(status, "requests_total"));
    previous = { at: performance.now(), status };
    if (status.events_total !== events_seen) {
      await show_events();
      events_seen = status.events_total;
    }
    if (turn % SLOWLY === 0) await slowly();
    turn += 1;
  } catch (error) {
    failed = error;
  }
  show_stale();
}

async function run() {
  if (!document.hidden) await refresh();
  setTimeout(run, PERIOD_MS);
}

document.addEventListener("changed", refresh);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
run();
