// Circuits of servers, in words.
import { clock, make, millis, span_of } from "./dom.js";

const WORDS = { open: "circuit open", half_open: "circuit half-open" };

const where = (circuit) => (circuit.route ? ` on ${circuit.route}` : "");

/** What of a server's circuits is not closed, or about to open. */
export function circuit_lines(circuits) {
  return circuits.flatMap((circuit) => {
    if (circuit.state === "closed") {
      return circuit.failures_in_row ? [make("li", "quiet", `${failing(circuit)} of the circuit${where(circuit)}`)] : [];
    }
    const since = circuit.since ? `since ${clock(circuit.since)}` : "";
    const reason = [since, circuit.reason].filter(Boolean).join(": ");
    const words = [`${where(circuit).trim()} ${reason}`.trim(), trial(circuit)].filter(Boolean).join("; ");
    return [make("li", "", make("span", `badge ${circuit.state}`, WORDS[circuit.state]), make("span", "quiet", words))];
  });
}

const failing = ({ failures_in_row: count }) => `${count} ${count === 1 ? "failure" : "failures"} in a row`;

function trial({ state, trial_in_ms: wait }) {
  if (state !== "open") return "";
  return wait > 0 ? `tried again in ${span_of(Math.ceil(wait / 1000))}` : "the next request is a trial";
}

/** The sentences for whoever was called: which circuits are open. */
export function open_circuits(pool) {
  return pool.servers.flatMap((server) =>
    server.circuits
      .filter((circuit) => circuit.state !== "closed")
      .map((circuit) => `The circuit of ${server.name}${where(circuit)} is ${circuit.state.replace("_", "-")}.`),
  );
}

/** What a breaker goes by. */
export function breaker_words(breaker) {
  const within = span_of(breaker.window_ms / 1000);
  const causes = [
    breaker.consecutive_failures && `after ${breaker.consecutive_failures} failures in a row`,
    breaker.failure_percent && `with ${breaker.failure_percent} % of at least ${breaker.min_requests} requests within ${within}`,
  ];
  const [first, longest] = [breaker.open_for_ms, breaker.open_for_max_ms].map((span) => (span < 1000 ? millis(span) : span_of(span / 1000)));
  const statuses = breaker.statuses.length ? `, counting ${breaker.statuses.join(", ")}` : "";
  const time = first === longest ? first : `${first} to ${longest}`;
  return `a server's circuit opens ${causes.filter(Boolean).join(", or ")}${statuses}; for ${time}, then ${breaker.trials === 1 ? "one request is the trial" : `${breaker.trials} requests are trials`}`;
}
