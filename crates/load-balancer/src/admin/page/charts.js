// The last minutes and hours of a pool. The balancer keeps them, so they are there when the page is opened.
import { get } from "./calls.js";
import { Chart } from "./chart.js";
import { $ } from "./dom.js";
import { event_words, known_events, level } from "./events.js";

const requests = new Chart($("chart-requests"), "Requests and errors per second");
const latency = new Chart($("chart-latency"), "Time to answer, in milliseconds");
let newest = null;

function choose_pool(pools) {
  const select = $("chart-pool");
  $("chart-pool-label").hidden = pools.length < 2;
  const names = pools.map((pool) => pool.name);
  if (names.join() !== [...select.options].map((option) => option.value).join()) {
    const before = select.value;
    select.replaceChildren(...names.map((name) => new Option(name, name)));
    if (names.includes(before)) select.value = before;
  }
  return pools.find((pool) => pool.name === select.value);
}

function draw() {
  const pool = choose_pool(newest.pools);
  if (!pool || !newest.to) return;
  const span = { from: Date.parse(newest.from), to: Date.parse(newest.to) };
  const per_second = (values) => values.map((value) => (value === null ? null : value / newest.step_seconds));
  const marks = known_events
    .filter((event) => level(event.kind) && (!event.pool || event.pool === pool.name))
    .map((event) => ({ at: Date.parse(event.at), level: level(event.kind), words: event_words(event) }));
  requests.show({
    ...span,
    marks,
    lines: [
      { name: "requests", kind: "all", values: per_second(pool.requests) },
      { name: "errors", kind: "errors", values: per_second(pool.errors) },
      { name: "of the balancer's own", kind: "own", values: per_second(pool.own_errors) },
    ],
  });
  latency.show({
    ...span,
    marks,
    lines: [
      { name: "99 %", kind: "p99", values: pool.p99_ms },
      { name: "95 %", kind: "p95", values: pool.p95_ms },
      { name: "half", kind: "p50", values: pool.p50_ms },
    ],
  });
}

export async function show_history(minutes) {
  newest = await get(`api/history?minutes=${minutes}`);
  draw();
}

$("chart-pool").addEventListener("change", draw);
