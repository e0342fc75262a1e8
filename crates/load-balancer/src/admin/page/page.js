// Asks for the status once a second and shows what has changed since.

const PERIOD_MS = 1000;
const HISTORY = 60;
const $ = (id) => document.getElementById(id);

let previous = null;
let notice_until = 0;
const histories = new Map();

function rate(now, before, seconds) {
  return before === undefined || seconds <= 0 ? 0 : Math.max(0, (now - before) / seconds);
}

function short(number) {
  if (number >= 10_000) return `${(number / 1000).toFixed(1)}k`;
  return number >= 100 || Number.isInteger(number) ? String(Math.round(number)) : number.toFixed(1);
}

function millis(value) {
  if (value === null) return "–";
  return value >= 1000 ? `≤ ${value / 1000} s` : `≤ ${value} ms`;
}

function draw(svg, key, value) {
  const history = histories.get(key) ?? [];
  history.push(value);
  if (history.length > HISTORY) history.shift();
  histories.set(key, history);
  const top = Math.max(1, ...history);
  const points = history.map((point, index) => {
    const x = 120 - (history.length - 1 - index) * (120 / (HISTORY - 1));
    return `${x.toFixed(1)},${(31 - (point / top) * 29).toFixed(1)}`;
  });
  svg.firstElementChild.setAttribute("points", points.join(" "));
}

function seconds_from_now(time) {
  return Math.round((new Date(time) - Date.now()) / 1000);
}

function all_servers(status) {
  return status.pools.flatMap((pool) => pool.servers);
}

function sum(items, key) {
  return items.reduce((total, item) => total + item[key], 0);
}

function show_overview(status, before, seconds) {
  const state = status.draining ? "draining" : status.status;
  $("overall").className = `badge ${state}`;
  $("overall").textContent = state;
  const hours = Math.floor(status.uptime_seconds / 3600);
  const minutes = Math.floor(status.uptime_seconds / 60) % 60;
  $("about").textContent =
    `version ${status.version}, up ${hours} h ${minutes} min, ${status.workers} workers, configuration ${status.configuration_version}`;
  const change = (items, key) => rate(sum(items(status), key), before && sum(items(before), key), seconds);
  const requests = change((s) => s.pools, "requests_total");
  $("rate").textContent = short(requests);
  draw($("rate-line"), "all", requests);
  $("in-flight").textContent = sum(all_servers(status), "in_flight");
  $("errors").textContent = short(change(all_servers, "errors_total"));
  $("retries").textContent = short(change((s) => s.pools, "retries_total"));
  $("clients").textContent = status.client_connections;
  $("upstreams").textContent = status.upstream_connections;
}

function keyed(parent, key, template) {
  let element = [...parent.children].find((child) => child.dataset.key === key);
  if (!element) {
    element = $(template).content.firstElementChild.cloneNode(true);
    element.dataset.key = key;
    parent.append(element);
  }
  return element;
}

function drop_others(parent, keys) {
  for (const child of [...parent.children]) {
    if (!keys.includes(child.dataset.key)) child.remove();
  }
}

function show_pools(status, before, seconds) {
  drop_others($("pools"), status.pools.map((pool) => pool.name));
  for (const pool of status.pools) {
    const section = keyed($("pools"), pool.name, "pool-template");
    section.querySelector("h2").textContent = pool.name;
    section.querySelector(".algorithm").textContent = pool.algorithm.replace("_", " ");
    show_discovery(section.querySelector(".discovery"), pool.discovery);
    const body = section.querySelector("tbody");
    drop_others(body, pool.servers.map((server) => server.name));
    const busiest = Math.max(4, ...pool.servers.map((server) => server.in_flight));
    for (const server of pool.servers) {
      const old = before?.pools.find((known) => known.name === pool.name)
        ?.servers.find((known) => known.name === server.name);
      show_server(keyed(body, server.name, "server-template"), server, old, seconds, busiest);
    }
  }
}

const SOURCES = { file: "", admin: "added by hand", dns: "found by DNS" };

function show_discovery(line, discovery) {
  line.hidden = !discovery;
  if (!discovery) return;
  const { dns, port, addresses, error } = discovery;
  line.classList.toggle("failed", error !== null);
  const found = `servers of ${dns}:${port}, ${addresses} ${addresses === 1 ? "address" : "addresses"}`;
  const since = discovery.last_answer ? `, last answer ${-seconds_from_now(discovery.last_answer)} s ago` : "";
  line.textContent = error === null ? found : `${found}; the resolver fails: ${error}${since}`;
}

function show_server(row, server, old, seconds, busiest) {
  const part = (name) => row.querySelector(`.${name}`);
  // The address stands below, whether the name has it or is it.
  const [name] = server.name.split("@");
  part("name").textContent = name;
  part("name").title = server.name;
  const address = name === server.address ? "" : server.address;
  part("address").textContent = [address, SOURCES[server.source]].filter(Boolean).join(", ");
  part("address").title = server.resolved ?? "not resolved";
  part("state").className = `badge state ${server.state}`;
  part("state").textContent = server.state;
  part("in-flight").textContent = server.in_flight;
  part("bar").firstElementChild.style.width = `${(100 * server.in_flight) / busiest}%`;
  const requests = rate(server.requests_total, old?.requests_total, seconds);
  part("rate").textContent = short(requests);
  draw(row.querySelector("svg"), `${server.pool}/${server.name}`, requests);
  part("latency").textContent = `${millis(server.p50_ms)} / ${millis(server.p99_ms)}`;
  part("errors").textContent = server.errors_total;
  show_check(part("check"), part("next"), server);
  const weight = part("weight");
  if (document.activeElement !== weight) weight.value = server.weight;
  weight.onchange = () => change(server, { weight: Number(weight.value) });
  const wanted = part("admin-state");
  if (document.activeElement !== wanted) wanted.value = server.admin_state;
  wanted.onchange = () => change(server, { state: wanted.value });
}

function show_check(check, next, server) {
  const failed = server.last_check_error !== null;
  check.classList.toggle("failed", failed);
  const result = failed ? server.last_check_error : `${server.last_check_status ?? "connected"} in ${server.last_check_ms.toFixed(1)} ms`;
  check.textContent = server.last_check ? result : "not checked yet";
  check.title = check.textContent;
  const ago = server.last_check ? `${-seconds_from_now(server.last_check)} s ago` : "";
  const due = server.next_check ? `next in ${Math.max(0, seconds_from_now(server.next_check))} s` : "";
  next.textContent = [ago, due].filter(Boolean).join(", ");
}

function say(text) {
  $("notice").textContent = text;
  notice_until = Date.now() + 8000;
}

function ask_for_token() {
  return new Promise((resolve) => {
    const dialog = $("token-dialog");
    dialog.onclose = () => resolve(dialog.returnValue === "ok" ? $("token").value : null);
    dialog.returnValue = "";
    $("token").value = "";
    dialog.showModal();
  });
}

async function change(server, wanted, again = true) {
  const headers = { "Content-Type": "application/json" };
  const token = sessionStorage.getItem("token");
  if (token) headers.Authorization = `Bearer ${token}`;
  const path = `api/pools/${encodeURIComponent(server.pool)}/servers/${encodeURIComponent(server.name)}`;
  try {
    const response = await fetch(path, { method: "PUT", headers, body: JSON.stringify(wanted) });
    if (response.ok) return refresh();
    if (response.status === 401 && again) {
      const given = await ask_for_token();
      if (given === null) return;
      sessionStorage.setItem("token", given);
      return change(server, wanted, false);
    }
    say((await response.json()).detail);
  } catch (error) {
    say(`Not changed: ${error.message}`);
  }
}

async function explain(event) {
  event.preventDefault();
  const target = $("explanation");
  target.replaceChildren();
  const add = (tag, text, parent = target) => {
    const element = document.createElement(tag);
    element.textContent = text;
    parent.append(element);
    return element;
  };
  const response = await fetch(`api/requests/${encodeURIComponent($("request-id").value.trim())}`);
  const found = await response.json();
  if (!response.ok) return add("p", found.detail);
  add("p", `${found.method} ${found.path} from ${found.client}: ${found.status} after ${found.duration_ms.toFixed(1)} ms, at ${found.began}`);
  const list = add("ol", "");
  for (const attempt of found.attempts) {
    const status = attempt.status ? ` (${attempt.status})` : "";
    add("li", `${attempt.server}: ${attempt.outcome.replace("_", " ")}${status}, from ${attempt.began_ms.toFixed(1)} ms, took ${attempt.duration_ms.toFixed(1)} ms`, list);
  }
  if (!found.attempts.length) add("p", "Answered by the load balancer itself; no server was asked.");
}

async function refresh() {
  try {
    const response = await fetch("api/status", { cache: "no-store" });
    const status = await response.json();
    const now = performance.now();
    const seconds = previous ? (now - previous.at) / 1000 : 0;
    show_overview(status, previous?.status, seconds);
    show_pools(status, previous?.status, seconds);
    previous = { at: now, status };
    if (Date.now() > notice_until) $("notice").textContent = "";
  } catch {
    $("overall").className = "badge lost";
    $("overall").textContent = "no connection";
  }
}

async function run() {
  if (!document.hidden) await refresh();
  setTimeout(run, PERIOD_MS);
}

$("explain").addEventListener("submit", explain);
run();
