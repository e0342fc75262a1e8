// Texts of the document are only ever set as text, never as HTML. Of Markdown they have code between backticks.

/** An element with a class and with children; a text among them may have code in it. */
function make(tag, className, ...children) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  for (const child of children) {
    if (typeof child !== "string") node.append(child);
    else child.split("`").forEach((part, n) => part && node.append(n % 2 ? plain("code", part) : part));
  }
  return node;
}

/** An element with a text that stays as it is. */
function plain(tag, text) {
  const node = document.createElement(tag);
  node.textContent = text;
  return node;
}

function link(anchor, text) {
  const node = plain("a", text);
  node.href = "#" + anchor;
  return node;
}

const refName = (ref) => ref.split("/").pop();

/** What a value is, with links to the shapes that it is made of. */
function typeOf(schema) {
  if (!schema) return ["anything"];
  if (schema.$ref) return [link("shape-" + refName(schema.$ref), refName(schema.$ref))];
  const some = schema.oneOf || schema.anyOf;
  if (some) return some.flatMap((part, n) => (n ? [" or ", ...typeOf(part)] : typeOf(part)));
  if (schema.allOf) return schema.allOf.flatMap((part, n) => (n ? [" and ", ...typeOf(part)] : typeOf(part)));
  const types = [].concat(schema.type || "anything");
  if (types.includes("array")) return ["list of ", ...typeOf(schema.items), ...(types.includes("null") ? [" or null"] : [])];
  const bounds = [
    schema.format,
    within(schema.minLength, schema.maxLength, " characters"),
    within(schema.minimum, schema.maximum, ""),
  ].filter(Boolean);
  const values = schema.enum ? ": " + schema.enum.join(", ") : schema.const !== undefined ? ": " + schema.const : "";
  return [types.join(" or ") + (bounds.length ? ` (${bounds.join(", ")})` : "") + values];
}

/** Bounds in words; empty where there are none. */
function within(least, most, unit) {
  if (least === undefined && most === undefined) return "";
  if (most === undefined) return `at least ${least}${unit}`;
  return least ? `${least} to ${most}${unit}` : `at most ${most}${unit}`;
}

/** A list of names with what there is to say of each. */
function listed(rows) {
  const items = rows.map(({ name, type, text }) => {
    const said = make("div", "", make("div", "quiet", ...type), ...(text ? [make("div", "", text)] : []));
    return make("li", "", name, said);
  });
  return make("ul", "listed", ...items);
}
