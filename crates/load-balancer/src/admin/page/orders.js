// Changes to a server: chosen, confirmed with a warning where the last server is at stake, and undone.
import { order, words } from "./calls.js";
import { $, plural, say } from "./dom.js";

const STATES = { active: "active again", drain: "being drained", down: "out" };
const REMOVALS = {
  file: "until the file is read again, which names it",
  admin: "for good; requests with it end in peace",
};

let opened = null;

const path = (server) => `api/pools/${encodeURIComponent(server.pool)}/servers/${encodeURIComponent(server.name)}`;
const chosen = () => document.querySelector('input[name="order"]:checked').value;

/** Opens the dialog; the focus comes back to `opener`. */
export function open_order(pool, server, opener) {
  opened = { pool, server, opener };
  $("order-title").textContent = `Change ${server.name}`;
  // What discovery finds comes back by itself: there is nothing to remove.
  $("order-remove").hidden = server.source === "dns";
  $("order-remove-words").textContent = REMOVALS[server.source] ?? "";
  document.querySelector(`input[name="order"][value="${server.admin_state}"]`).checked = true;
  $("order-weight").value = server.weight;
  $("order-reason").value = "";
  $("order-sure").querySelector("input").checked = false;
  warn();
  $("order-dialog").returnValue = "";
  $("order-dialog").showModal();
}

/** Takes in what has become of the pool while the dialog is open. */
export function follow_order(pool) {
  if (!$("order-dialog").open || opened.pool.name !== pool.name) return;
  opened.pool = pool;
  warn();
}

/** Tells what would be left of the pool. */
function warn() {
  const { pool, server } = opened;
  const { state, in_flight } = pool.servers.find((known) => known.name === server.name) ?? server;
  say($("order-now"), `It is ${state} and has ${plural(in_flight, "request")} in flight.`);
  const others = pool.servers.filter((other) => other.name !== server.name && other.state === "up");
  const leaves = chosen() !== "active" && server.admin_state === "active";
  const last = leaves && others.length === 0;
  const text = last
    ? `No other server of pool ${pool.name} can take traffic: without ${server.name}, every request fails.`
    : leaves && others.length < pool.servers.length - 1
      ? `Some servers of pool ${pool.name} are out already: ${others.length} would be left to take traffic.`
      : "";
  $("order-warning").hidden = text === "";
  say($("order-warning"), text);
  $("order-sure").hidden = !last;
  $("order-sure").querySelector("input").required = last;
}

/** Does it, and gives what brings back what was before; `null` when nothing was done. */
async function carry_out(server, kind, weight, reason) {
  const said = reason || undefined;
  if (kind === "remove") {
    const done = await order("DELETE", path(server));
    const { name, address, admin_state: state } = server;
    const undo = () => order("POST", path(server), { name, address, weight: server.weight, state });
    return done && { text: `${name} is removed.`, undo };
  }
  const wanted = {};
  if (kind !== server.admin_state) wanted.state = kind;
  if (weight !== server.weight) wanted.weight = weight;
  if (!Object.keys(wanted).length) return null;
  const done = await order("PUT", path(server), { ...wanted, reason: said });
  const before = {};
  if (wanted.state) before.state = server.admin_state;
  if (wanted.weight) before.weight = server.weight;
  const text = [wanted.state && `${server.name} is ${STATES[kind]}.`, wanted.weight && `The weight of ${server.name} is ${weight}.`];
  const undo = () => order("PUT", path(server), { ...before, reason: "undone" });
  return done && { text: text.filter(Boolean).join(" "), undo };
}

function tell(text, undo) {
  const notice = $("notice");
  notice.hidden = false;
  notice.classList.toggle("bad", !undo && undo !== null);
  notice.firstElementChild.textContent = text;
  const button = notice.querySelector(".undo");
  button.hidden = !undo;
  button.onclick = () => attempt(async () => {
    const done = await undo();
    if (done) tell("Undone.", null);
  });
}

async function attempt(act) {
  try {
    await act();
  } catch (error) {
    tell(`Not changed: ${words(error)}`);
  }
  document.dispatchEvent(new Event("changed"));
}

$("order-kinds").addEventListener("change", warn);
$("order-dialog").addEventListener("close", () => {
  const { server, opener } = opened;
  opener.focus();
  if ($("order-dialog").returnValue !== "ok") return;
  const [kind, weight, reason] = [chosen(), Number($("order-weight").value), $("order-reason").value.trim()];
  attempt(async () => {
    const done = await carry_out(server, kind, weight, reason);
    if (done) tell(done.text, done.undo);
  });
});
$("notice").querySelector(".dismiss").addEventListener("click", () => {
  $("notice").hidden = true;
});
