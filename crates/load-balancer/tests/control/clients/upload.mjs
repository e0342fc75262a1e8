// Uploads with Node: CA PROTOCOL, then URL SIZE MODE for each request. Prints a line for each answer.
import { readFileSync } from "node:fs";
import http2 from "node:http2";
import https from "node:https";

const [ca, protocol, ...rest] = process.argv.slice(2);
const trusted = { ca: readFileSync(ca) };
// Node counts what it has yet to send, and gives up at 10 MB by default.
const roomy = { ...trusted, maxSessionMemory: 1000 };

function take(answer, status, done) {
  let size = 0;
  answer.on("data", (data) => (size += data.length));
  answer.on("end", () => done(`${protocol} ${status()} ${size}`));
}

function overHttp2(session, url, size, mode, done) {
  const headers = { ":method": "POST", ":path": url.pathname };
  if (mode !== "stream") headers["content-length"] = size;
  if (mode === "expect") headers.expect = "100-continue";
  const stream = session.request(headers);
  let status;
  stream.on("response", (head) => (status = head[":status"]));
  stream.on("error", (error) => done(`failed: ${error}`));
  take(stream, () => status, done);
  if (mode === "expect") {
    stream.on("continue", () => stream.end(Buffer.alloc(size)));
    stream.on("response", () => stream.end());
  } else {
    stream.end(Buffer.alloc(size));
  }
}

function overHttp1(agent, url, size, mode, done) {
  const headers = mode === "stream" ? {} : { "content-length": size };
  if (mode === "expect") headers.expect = "100-continue";
  const request = https.request(url, { agent, method: "POST", headers, ...trusted });
  request.on("response", (answer) => take(answer, () => answer.statusCode, done));
  request.on("error", (error) => done(`failed: ${error}`));
  if (mode === "expect") {
    request.on("continue", () => request.end(Buffer.alloc(size)));
    request.flushHeaders();
  } else {
    request.end(Buffer.alloc(size));
  }
}

const session = protocol === "2" ? http2.connect(rest[0], roomy) : undefined;
const agent = new https.Agent({ keepAlive: true });
for (let at = 0; at < rest.length; at += 3) {
  const [url, size, mode] = [new URL(rest[at]), Number(rest[at + 1]), rest[at + 2]];
  const line = await new Promise((done) =>
    session ? overHttp2(session, url, size, mode, done) : overHttp1(agent, url, size, mode, done),
  );
  console.log(line);
}
process.exit(0);
