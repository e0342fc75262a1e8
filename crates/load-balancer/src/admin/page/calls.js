// Calls to the admin interface, and the token that changes need.
import { $ } from "./dom.js";

const PATIENCE_MS = 4000;
/** A change may have to wait: after wrong tokens, the right one is late. */
const ORDER_PATIENCE_MS = 15_000;

/** An answer that tells in words why there is nothing else. */
export class Refused extends Error {}

async function call(path, options = {}) {
  const response = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS), ...options });
  const text = await response.text();
  const body = text ? JSON.parse(text) : null;
  return { response, body };
}

export async function get(path) {
  const { response, body } = await call(path);
  if (!response.ok) throw new Refused(body.detail);
  return body;
}

function ask_for_token(wrong) {
  return new Promise((resolve) => {
    const dialog = $("token-dialog");
    dialog.onclose = () => resolve(dialog.returnValue === "ok" ? $("token").value : null);
    dialog.returnValue = "";
    $("token").value = "";
    $("token-wrong").textContent = wrong;
    dialog.showModal();
  });
}

/** Changes something; asks for the token as often as it is needed. `null` when the person gives none. */
export async function order(method, path, wanted, wrong = "") {
  const headers = { "Content-Type": "application/json" };
  const token = sessionStorage.getItem("token");
  if (token) headers.Authorization = `Bearer ${token}`;
  const body = wanted === undefined ? undefined : JSON.stringify(wanted);
  const { response, body: answer } = await call(path, { method, headers, body, signal: AbortSignal.timeout(ORDER_PATIENCE_MS) });
  if (response.ok) return answer ?? {};
  if (response.status !== 401) throw new Refused(answer.detail);
  const given = await ask_for_token(token ? "That is not the token." : wrong);
  if (given === null) return null;
  sessionStorage.setItem("token", given);
  return order(method, path, wanted);
}

/** An error in words. */
export function words(error) {
  if (error instanceof Refused) return error.message;
  if (error.name === "TimeoutError") return "The load balancer has not answered in time.";
  return "The load balancer cannot be reached.";
}
