// The page: calls by group, shapes, search and anchors. What is folded is made when it is opened.

/** Folded until it is opened, by a person or by an anchor. */
function folded(className, id, summary, fill) {
  const inside = make("div", "");
  const node = make("details", className, make("summary", "", summary), inside);
  node.id = id;
  node.addEventListener("toggle", () => {
    if (node.open && !inside.childElementCount) inside.append(...fill());
  });
  return node;
}

function callOf(method, path, call, api) {
  const name = make("span", `method ${method}`, method.toUpperCase());
  const title = make("h3", "", name, plain("code", path), ` ${call.summary || ""}`);
  const node = folded("call", call.operationId, title, () => callParts(method, path, call, api));
  node.dataset.words = [method, path, call.operationId, call.summary, call.description, ...Object.values(call.responses).map((answer) => answer.description)].join(" ").toLowerCase();
  return node;
}

function callParts(method, path, call, api) {
  const own = link(call.operationId, "Link to this call");
  const access = needsToken(call) ? link("authentication", "Needs an access token") : plain("span", "Needs no token");
  const parts = [make("p", "tags", access, own)];
  for (const text of (call.description || "").split("\n\n").filter(Boolean)) parts.push(make("p", "", text));
  const parameters = (call.parameters || []).map((parameter) => ({
    name: make("span", "", plain("code", parameter.name), make("span", "quiet", ` ${parameter.in}${parameter.required ? ", needed" : ""}`)),
    type: typeOf(parameter.schema),
    text: parameter.description,
  }));
  if (parameters.length) parts.push(plain("h4", "Parameters"), listed(parameters));
  if (call.requestBody) parts.push(plain("h4", "Body"), make("p", "", ...mediaOf(call.requestBody.content)));
  parts.push(plain("h4", "With curl"), copyable(curlOf(method, path, call, api)));
  parts.push(plain("h4", "Answers"), listed(Object.entries(call.responses).map(answerRow)));
  const form = make("details", "", plain("summary", "Try it"));
  form.addEventListener("toggle", () => form.childElementCount > 1 || form.append(tryForm(method, path, call, api)));
  parts.push(form);
  return parts;
}

function answerRow([status, answer]) {
  const name = make("span", `status ${status < 400 ? "good" : ""}`, status);
  return { name, type: answer.content ? mediaOf(answer.content) : ["no body"], text: answer.description };
}

const mediaOf = (content) => Object.entries(content).flatMap(([type, media], n) => [n ? ", " : "", `${type}: `, ...typeOf(media.schema)]);

function copyable(text) {
  const button = plain("button", "Copy");
  button.type = "button";
  button.className = "copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  });
  return make("div", "", button, scrolled(text, "The call with curl"));
}

function shapeOf(name, schema, api) {
  const node = folded("shape", `shape-${name}`, make("h3", "", plain("code", name)), () => shapeParts(schema, api));
  node.dataset.words = `${name} ${Object.keys(schema.properties || {}).join(" ")}`.toLowerCase();
  return node;
}

function shapeParts(schema, api) {
  const required = schema.required || [];
  const rows = Object.entries(schema.properties || {}).map(([field, type]) => ({
    name: make("span", "", plain("code", field), make("span", "quiet", required.includes(field) ? "" : " optional")),
    type: typeOf(type),
    text: type.description,
  }));
  const parts = schema.description ? [make("p", "", schema.description)] : [];
  parts.push(rows.length ? listed(rows) : make("p", "", ...typeOf(schema)));
  parts.push(plain("h4", "Example"), scrolled(JSON.stringify(example(schema, api), null, 2), "An example"));
  return parts;
}

function group(id, title, nodes) {
  const heading = plain("h2", title);
  heading.id = id;
  const count = make("li", "", link(id, title), make("span", "quiet", ` ${nodes.length}`));
  document.getElementById("groups").append(count);
  return make("section", "group", heading, ...nodes);
}

function search() {
  const words = document.getElementById("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let found = 0;
  for (const section of document.querySelectorAll("section.group")) {
    let some = false;
    for (const node of section.querySelectorAll(":scope > details")) {
      node.hidden = !words.every((word) => node.dataset.words.includes(word));
      if (!node.hidden) [some, found] = [true, found + (node.className === "call" ? 1 : 0)];
    }
    section.hidden = !some;
  }
  document.getElementById("found").textContent = words.length ? `${found} call${found === 1 ? "" : "s"} found` : "";
}

/** Opens what the address names, and goes there. */
function follow() {
  const node = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!node) return;
  if (node.hidden || node.closest("section")?.hidden) {
    document.getElementById("search").value = "";
    search();
  }
  if (node.tagName === "DETAILS") {
    node.open = true;
    node.querySelector("summary").focus({ preventScroll: true });
  }
  node.scrollIntoView();
}

function render(api) {
  document.getElementById("title").textContent = `${api.info.title}: API ${api.info.version}`;
  document.getElementById("about").replaceWith(make("p", "", api.info.description));
  const calls = Object.entries(api.paths).flatMap(([path, item]) => Object.entries(item).map(([method, call]) => ({ path, method, call })));
  const groups = api.tags.map((tag) => {
    const own = calls.filter(({ call }) => (call.tags || []).includes(tag.name));
    return group(`group-${tag.name}`, tag.description, own.map(({ path, method, call }) => callOf(method, path, call, api)));
  });
  const shapes = Object.entries(api.components.schemas).map(([name, schema]) => shapeOf(name, schema, api));
  document.getElementById("page").replaceChildren(...groups, group("shapes", "Shapes", shapes));
  follow();
}

document.getElementById("authentication-curl").textContent = [
  `ACCESS_TOKEN=$(curl --silent ${shellText(`${location.origin}/api/auth/login`)} \\`,
  "  --header 'Content-Type: application/json' \\",
  `  --data '{"email":"ada@example.com","password":"…"}' | jq --raw-output .access_token)`,
  `curl ${shellText(`${location.origin}/api/auth/me`)} --header "Authorization: Bearer $ACCESS_TOKEN"`,
].join("\n");
document.getElementById("search").addEventListener("input", search);
addEventListener("hashchange", follow);
fetch("/api/openapi.json")
  .then((answer) => answer.json())
  .then(render)
  .catch((error) => document.getElementById("page").replaceChildren(make("p", "status bad", `The document cannot be loaded: ${error}`)));
