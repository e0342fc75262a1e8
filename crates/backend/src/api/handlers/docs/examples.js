// Examples of values, from their shapes.

const DEEPEST = 6;
const FORMATS = {
  "date-time": "2026-01-31T12:00:00Z",
  date: "2026-01-31",
  email: "ada@example.com",
  uuid: "01a20b95-3d99-7900-87e2-4a24528782cb",
  uri: "https://example.com",
  password: "correct horse battery staple",
};

/** A value of that shape; what has an example of its own is like that. */
function example(schema, api, depth = 0) {
  if (!schema || depth > DEEPEST) return null;
  if (schema.example !== undefined) return schema.example;
  if (schema.examples) return schema.examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.$ref) return example(api.components.schemas[refName(schema.$ref)], api, depth + 1);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return schema.enum[0];
  const some = schema.oneOf || schema.anyOf;
  if (some) return example(some.find((part) => part.type !== "null"), api, depth + 1);
  if (schema.allOf) return Object.assign({}, ...schema.allOf.map((part) => example(part, api, depth + 1)));
  const type = [].concat(schema.type || "object").find((name) => name !== "null");
  if (type === "array") return [example(schema.items, api, depth + 1)];
  if (type === "boolean") return true;
  if (type === "integer" || type === "number") return schema.minimum ?? 1;
  if (type === "string") return FORMATS[schema.format] ?? "text".padEnd(schema.minLength ?? 0, "x");
  const fields = Object.entries(schema.properties || {}).filter(([, field]) => !field.readOnly);
  return Object.fromEntries(fields.map(([name, field]) => [name, example(field, api, depth + 1)]));
}

/** The kind of body that a call takes, and an example of it as text; `null` where it takes none. */
function bodyOf(call, api) {
  const content = call.requestBody?.content;
  if (!content) return null;
  const type = Object.keys(content).find((name) => name.includes("json")) ?? Object.keys(content)[0];
  const media = content[type];
  const value = media.example ?? example(media.schema, api);
  if (type.includes("json")) return { type, text: JSON.stringify(value, null, 2) };
  return { type, text: new URLSearchParams(typeof value === "object" ? (value ?? {}) : {}).toString() };
}

const parameterValue = (parameter, api) => String(parameter.example ?? example(parameter.schema, api));

/** The values that an example gives to the parameters: those that are needed. */
function neededValues(call, api) {
  const needed = (call.parameters || []).filter((parameter) => parameter.required);
  return new Map(needed.map((parameter) => [parameter, parameterValue(parameter, api)]));
}

/** Path and query with these values. */
function addressOf(path, values) {
  let address = path;
  const query = new URLSearchParams();
  for (const [parameter, value] of values) {
    if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(value));
    if (parameter.in === "query") query.set(parameter.name, value);
  }
  const text = query.toString();
  return text ? `${address}?${text}` : address;
}

const needsToken = (call) => (call.security || []).some((way) => "access_token" in way);

const shellText = (text) => "'" + text.replaceAll("'", "'\\''") + "'";

/** The call as a line for a shell. */
function curlOf(method, path, call, api) {
  const values = neededValues(call, api);
  const lines = [`curl ${method === "get" ? "" : `--request ${method.toUpperCase()} `}${shellText(location.origin + addressOf(path, values))}`];
  if (needsToken(call)) lines.push('--header "Authorization: Bearer $ACCESS_TOKEN"');
  for (const [parameter, value] of values) {
    if (parameter.in === "header") lines.push(`--header ${shellText(`${parameter.name}: ${value}`)}`);
  }
  if ((call.parameters || []).some((parameter) => parameter.name === "Idempotency-Key")) {
    lines.push('--header "Idempotency-Key: $(uuidgen)"');
  }
  const body = bodyOf(call, api);
  if (body) lines.push(`--header ${shellText(`Content-Type: ${body.type}`)}`, `--data ${shellText(body.text)}`);
  return lines.join(" \\\n  ");
}
