// Calls tried out, against the API that this page came from.

const tokenField = () => document.getElementById("token");

/** A form that sends the call, and shows what came back. */
function tryForm(method, path, call, api) {
  const needed = neededValues(call, api);
  const parameters = (call.parameters || []).filter((parameter) => parameter.in !== "cookie");
  const fields = parameters.map((parameter) => {
    const input = document.createElement("input");
    input.value = needed.get(parameter) ?? "";
    input.required = parameter.required && parameter.in === "path";
    return { parameter, input, label: make("label", "", `${parameter.name} (${parameter.in})`, input) };
  });
  const body = bodyOf(call, api);
  const text = document.createElement("textarea");
  text.spellcheck = false;
  text.value = body?.text ?? "";
  const result = make("div", "");
  result.setAttribute("aria-live", "polite");
  const form = make("form", "try", ...fields.map(({ label }) => label), ...(body ? [make("label", "", `Body, ${body.type}`, text)] : []), plain("button", "Send"), result);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const given = fields.filter(({ input }) => input.value !== "").map(({ parameter, input }) => [parameter, input.value]);
    send(method, addressOf(path, given), given, body && { type: body.type, text: text.value }, needsToken(call), result);
  });
  return form;
}

async function send(method, address, values, body, withToken, result) {
  const headers = new Headers();
  for (const [parameter, value] of values) {
    if (parameter.in === "header") headers.set(parameter.name, value);
  }
  const token = tokenField().value.trim();
  if (withToken && token) headers.set("Authorization", `Bearer ${token}`);
  if (body) headers.set("Content-Type", body.type);
  result.replaceChildren(plain("p", "Sending…"));
  const began = performance.now();
  try {
    const answer = await fetch(address, { method: method.toUpperCase(), headers, body: body?.text });
    const text = await answer.text();
    show(answer, text, performance.now() - began, result);
    if (withToken && answer.status === 401) document.getElementById("token-box").open = true;
  } catch (error) {
    result.replaceChildren(make("p", "status bad", `No answer: ${error.message}`));
  }
}

/** JSON as people read it; anything else as it is. */
function readable(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function show(answer, text, took, result) {
  const level = answer.ok ? "status good" : "status bad";
  const lines = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
  const head = make("p", level, `${answer.status} ${answer.statusText} after ${Math.round(took)} ms`);
  const fields = make("details", "", plain("summary", "Header fields"), plain("pre", lines));
  result.replaceChildren(head, ...(text ? [scrolled(readable(text), "The answer's body")] : []), fields);
}

/** A text that may be scrolled, by keyboard, too. */
function scrolled(text, name) {
  const node = make("pre", "", plain("code", text));
  node.tabIndex = 0;
  node.setAttribute("role", "region");
  node.setAttribute("aria-label", name);
  return node;
}

document.getElementById("log-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { email, password } = Object.fromEntries(new FormData(event.target));
  const said = document.getElementById("log-in-result");
  try {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch("/api/auth/login", { method: "POST", headers, body: JSON.stringify({ email, password }) });
    const body = await answer.json();
    if (answer.ok) tokenField().value = body.access_token;
    said.textContent = answer.ok ? "Logged in: the calls below are sent with your access token." : `${body.code}: ${body.detail}`;
  } catch (error) {
    said.textContent = `No answer: ${error.message}`;
  }
});
