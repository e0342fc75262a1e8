// What is in force: routes with their limits and caches, certificates, connections.
import { breaker_words } from "./circuits.js";
import { $, bytes, date_of, make, percent, plural, say, span_of } from "./dom.js";

let shown = "";

function route(part, pools) {
  const host = part.host === "*" ? "" : part.host;
  const { rate_limit: limit, cache, retry } = part;
  const lines = [`up to ${retry.max_retries} further attempts, together ${retry.budget_percent} % of the requests`];
  if (limit) {
    const per = span_of(limit.per_ms / 1000);
    lines.push(`at most ${limit.requests} in ${per} for each client, ${limit.burst} at once; ${plural(limit.refused_total, "request")} refused`);
    if (limit.exempt.length) lines.push(`not counted: ${limit.exempt.map((name) => (name === "private" ? "private addresses" : name)).join(", ")}`);
  }
  const pool = pools.find((other) => other.name === part.pool)?.circuit_breaker;
  if (part.circuit_breaker) lines.push(breaker_words(part.circuit_breaker));
  else if (pool) lines.push(`${breaker_words(pool)}, as for the whole pool`);
  if (cache) {
    const { hits_total: hits, revalidated_total: revalidated, misses_total: misses } = cache;
    const all = hits + revalidated + misses;
    lines.push(`keeps answers ${span_of(cache.ttl_ms / 1000)}: ${bytes(cache.bytes)} of ${bytes(cache.max_bytes)} in use, ${percent(hits + revalidated, all)} of ${all} from the cache`);
  }
  return make("li", "words", make("b", "", `${host}${part.path}`, " → ", part.pool), ...lines.map((line) => make("span", "quiet", line)));
}

function certificate(part) {
  const level = part.days_left < 0 ? "bad" : part.days_left < 14 ? "warn" : "";
  const left = part.days_left < 0 ? "no longer good" : `good for ${plural(part.days_left, "day")}`;
  const until = part.not_after ? `, until ${date_of(part.not_after)}` : "";
  return make(
    "li",
    "words",
    make("b", "", part.names.join(", ")),
    make("span", level, `${left}${until}`),
    make("span", "quiet", `by ${part.issuer}, from ${part.file}`),
  );
}

function limits(part) {
  const line = (name, text) => make("li", "words", make("b", "", name), make("span", "quiet", text));
  return [
    line(`at most ${part.max_connections} in all`, `${plural(part.refused_connections_total, "connection")} refused`),
    line(`at most ${part.max_connections_per_address} of one address`, `${plural(part.refused_by_address_total, "connection")} refused`),
    line("HTTP/2 floods", `${plural(part.http2_floods_total, "connection")} ended`),
    line("Access log", `${plural(part.dropped_log_lines_total, "line")} dropped`),
  ];
}

export function show_setup(status) {
  const { routes, certificates, limits: of_connections } = status;
  say($("configuration"), `configuration ${status.configuration_version}`);
  const breakers = status.pools.map((pool) => pool.circuit_breaker);
  const key = JSON.stringify([routes, breakers, certificates, of_connections]);
  if (key === shown) return;
  shown = key;
  $("routes").replaceChildren(...routes.map((part) => route(part, status.pools)));
  $("certificates").replaceChildren(...(certificates.length ? certificates.map(certificate) : [make("li", "quiet", "none: TLS is not served here")]));
  $("limits").replaceChildren(...limits(of_connections));
}
