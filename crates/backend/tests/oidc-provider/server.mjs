// A certified OpenID Connect provider for the tests: people and clients in memory, everybody may log in.
// Prints `{"issuer": …}` once it listens. CLIENT_ID, CLIENT_SECRET and REDIRECT_URI name its only client.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const { CLIENT_ID, CLIENT_SECRET, REDIRECT_URI } = process.env;

const server = createServer();
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const issuer = `http://127.0.0.1:${server.address().port}`;

const provider = new Provider(issuer, {
  clients: [
    { client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: [REDIRECT_URI], response_types: ["code"] },
  ],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
  pkce: { required: () => true },
  cookies: { keys: ["of the tests"] },
  // The account is the address that was typed into the provider's own form.
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({ sub, email: `${sub}@example.com`, email_verified: true, name: `Person ${sub}` }),
  }),
});
server.on("request", provider.callback());
console.log(JSON.stringify({ issuer }));
// The end of the test is the end of its standard input.
process.stdin.on("end", () => process.exit(0)).resume();
