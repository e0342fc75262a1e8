import { accountCall } from './fake-account';
import { resetByMail, sendMail } from './fake-mails';
import { askForFactor, factorCall, secondFactorOf, stepUpOf } from './fake-factors';
import { passkeyCall, passkeyLogIn } from './fake-passkeys';
import { FakeOrganization } from './fake-organization';
import { FakeSteps } from './fake-steps';
import {
  empty,
  type Json,
  type Kept,
  type Mail,
  newcomer,
  ok,
  type Person,
  refuse,
  STATIC_DATA,
} from './fake-data';

/**
 * The service's contract in memory, for tests: accounts, sessions by cookie, steps with versions, idempotency.
 * `fail` makes the next requests go wrong in a chosen way.
 */
export class FakeService {
  readonly people = new Map<string, Person>();
  /** Invitations by the tokens of their links. */
  readonly invitations = new Map<string, { email: string; state: 'good' | 'used' | 'expired' }>();
  readonly requests: Array<{ method: string; path: string; key: string | null; body: string }> = [];
  /** Taken one for each request: what happens to it instead of, or after, being handled. */
  readonly faults: Array<'drop_before' | 'drop_after' | number | undefined> = [];
  readonly organization = new FakeOrganization();
  readonly steps = new FakeSteps();
  refreshes = 0;
  providers: Array<{ name: string; label: string }> = [];
  /** Where set, answers wait for it. */
  gate: Promise<void> | undefined;
  /** The devices of the person's other sessions. */
  readonly sessions: string[] = [];
  /** What the browser would hold as the session cookie. */
  cookie: string | undefined;
  private readonly kept = new Map<string, Kept>();
  private readonly tokens = new Map<string, string>();
  private count = 0;

  async handle(request: Request): Promise<Response> {
    const path = new URL(request.url).pathname;
    const body = await request.text();
    const key = request.headers.get('idempotency-key');
    this.requests.push({ method: request.method, path, key, body });
    await this.gate;
    const fault = this.faults.shift();
    if (fault === 'drop_before') return Response.error();
    if (typeof fault === 'number') return this.problem(fault, 'database_unavailable');
    const response = this.once(request, path, body, key);
    return fault === 'drop_after' ? Response.error() : response;
  }

  /** Ends all access tokens, as time would. */
  expireTokens(): void {
    this.tokens.clear();
  }

  /** A change from another device. */
  elsewhere(email: string, key: string, data: Json): void {
    const { state } = this.personByEmail(email);
    this.steps.change(state, key, 'in_progress', data);
  }

  personByEmail(email: string): Person {
    const person = this.people.get(email.toLowerCase());
    if (!person) throw new Error(`nobody registered ${email}`);
    return person;
  }

  private once(request: Request, path: string, body: string, key: string | null): Response {
    const scope = `${this.whoAsks(request) ?? 'anonymous'} ${request.method} ${path} ${key}`;
    const before = key === null ? undefined : this.kept.get(scope);
    if (before && before.body !== body) return this.problem(422, 'idempotency_key_reused');
    if (before) return this.answer(before.status, before.json, before.headers);
    const { status, json, headers } = this.route(request, path, body);
    if (key !== null && status < 500 && status !== 401) this.kept.set(scope, { body, status, json, headers });
    return this.answer(status, json, headers);
  }

  private route(request: Request, path: string, body: string): Omit<Kept, 'body'> {
    const json = body ? (JSON.parse(body) as Json) : {};
    const step = /^\/api\/onboarding\/steps\/(\w+)$/.exec(path)?.[1];
    switch (`${request.method} ${step ? '/api/onboarding/steps' : path}`) {
      case 'POST /api/auth/register':
        return this.register(json);
      case 'POST /api/auth/login':
        return this.login(json);
      case 'POST /api/auth/login/second-factor':
        return (
          secondFactorOf(this.people.get(String(json['challenge'])), json) ??
          this.grant(String(json['challenge']))
        );
      case 'GET /api/auth/login/passkey':
      case 'POST /api/auth/login/passkey':
        return passkeyLogIn(this.people.values(), json, (email) => this.grant(email));
      case 'POST /api/auth/refresh':
        return this.refresh();
      case 'GET /api/auth/oidc/providers':
        return ok({ items: this.providers });
      case 'POST /api/auth/oidc/example/callback':
        return this.people.has(String(json['code']))
          ? this.grant(String(json['code']))
          : refuse(409, 'account_exists');
      case 'GET /api/static-data':
        return ok(STATIC_DATA);
      case 'POST /api/invitations/lookup':
        return this.invitation(json['token'], (email) =>
          ok({ organization: 'Acme', email, role: 'member', expires_at: '2026-03-08T12:00:00Z' }),
        );
      case 'POST /api/auth/password/forgot':
        return this.forgot(json);
      case 'POST /api/auth/password/reset':
        return resetByMail(this.people.values(), json);
    }
    if (json['token'] && path === '/api/auth/email/verify') return this.verify(json);
    const person = this.people.get(this.whoAsks(request) ?? '');
    if (!person) return refuse(401, 'token_invalid');
    switch (`${request.method} ${step ? '/api/onboarding/steps' : path}`) {
      case 'POST /api/invitations/accept':
        return this.invitation(json['token'], (email) => this.join(person, String(json['token']), email));
      case 'GET /api/auth/me':
        return ok(person.user);
      case 'POST /api/auth/step-up':
        return stepUpOf(person, json) ?? this.grant(person.user.email.toLowerCase());
      case 'POST /api/auth/email/verify':
        return this.verify(json, person);
      case 'POST /api/auth/email/resend':
        this.mail(person, 'verify', person.user.email);
        return empty(202);
      case 'POST /api/auth/email/change':
        if (json['current_password'] !== person.password) return refuse(401, 'invalid_credentials');
        this.mail(person, 'change', String(json['new_email']));
        return empty(202);
      case 'POST /api/auth/logout':
        this.cookie = undefined;
        return { status: 204, json: null, headers: {} };
      case 'GET /api/onboarding':
        return ok(person.state);
      case 'PUT /api/onboarding/steps':
        return this.steps.put(person, step ?? '', json, request.headers.get('if-match'));
      case 'POST /api/onboarding/complete':
        return this.steps.complete(person);
    }
    const call = `${request.method} ${path}`;
    return (
      accountCall(call, person, json, this.sessions) ??
      factorCall(call, person, json) ??
      passkeyCall(call, person, json) ??
      this.organization.call(call, person, json) ??
      refuse(404, 'not_found')
    );
  }

  private register(json: Json): Omit<Kept, 'body'> {
    const email = String(json['email']).toLowerCase();
    if (this.people.has(email)) return refuse(409, 'email_taken');
    if (String(json['password']).length < 8) {
      return refuse(422, 'validation_failed', { password: ['must be at least 8 characters long'] });
    }
    const person = newcomer(`user-${(this.count += 1)}`, json);
    const { user } = person;
    const invited = this.invitations.get(String(json['invitation']));
    this.people.set(email, person);
    if (invited) {
      invited.state = 'used';
      user.email_verified = true;
    } else {
      this.mail(person, 'verify', user.email);
    }
    return { ...this.grant(email), status: 201 };
  }

  private invitation(token: unknown, good: (email: string) => Omit<Kept, 'body'>): Omit<Kept, 'body'> {
    const found = this.invitations.get(String(token));
    if (found?.state === 'good') return good(found.email);
    return refuse(410, found?.state === 'used' ? 'invitation_used' : 'invitation_expired');
  }

  private join(person: Person, token: string, email: string): Omit<Kept, 'body'> {
    if (email !== person.user.email) return refuse(403, 'other_address');
    this.invitations.set(token, { email, state: 'used' });
    person.user.email_verified = true;
    return ok({ name: 'Acme' });
  }

  private mail(person: Person, kind: Mail['kind'], to: string): void {
    sendMail(person, kind, to, (this.count += 1));
  }

  private verify(json: Json, by?: Person): Omit<Kept, 'body'> {
    for (const person of by ? [by] : this.people.values()) {
      const fits = (mail: Mail): boolean => mail.token === json['token'] || mail.code === json['code'];
      const mail = person.mails.find((each) => each.kind !== 'reset' && fits(each));
      if (!mail) continue;
      if (mail.state !== 'good') return refuse(410, `token_${mail.state}`);
      mail.state = 'used';
      this.people.delete(person.user.email.toLowerCase());
      Object.assign(person.user, { email: mail.to, email_verified: true });
      this.people.set(mail.to.toLowerCase(), person);
      for (const [token, email] of this.tokens) if (!this.people.has(email)) this.tokens.set(token, mail.to);
      return empty(204);
    }
    return json['code'] ? refuse(422, 'invalid_code') : refuse(410, 'token_expired');
  }

  private forgot(json: Json): Omit<Kept, 'body'> {
    const person = this.people.get(String(json['email']).toLowerCase());
    if (person) this.mail(person, 'reset', person.user.email);
    return empty(202);
  }

  private login(json: Json): Omit<Kept, 'body'> {
    const email = String(json['email']).toLowerCase();
    const person = this.people.get(email);
    if (!person || person.password !== json['password']) return refuse(401, 'invalid_credentials');
    const { totp, remembered } = person.factors;
    return totp === 'on' && !remembered ? askForFactor(email) : this.grant(email);
  }

  private refresh(): Omit<Kept, 'body'> {
    this.refreshes += 1;
    return this.cookie === undefined ? refuse(401, 'token_missing') : this.grant(this.cookie);
  }

  private grant(email: string): Omit<Kept, 'body'> {
    const access_token = `token-${(this.count += 1)}`;
    this.tokens.set(access_token, email);
    this.cookie = email;
    return ok({ user: this.personByEmail(email).user, access_token, token_type: 'Bearer', expires_in: 600 });
  }

  private whoAsks(request: Request): string | undefined {
    return this.tokens.get(request.headers.get('authorization')?.replace('Bearer ', '') ?? '');
  }

  private problem(status: number, code: string): Response {
    return this.answer(status, refuse(status, code).json, {});
  }

  private answer(status: number, json: Json | null, headers: Record<string, string>): Response {
    const instance = `backend-${(this.requests.length % 3) + 1}`;
    return new Response(json === null ? null : JSON.stringify(json), {
      status,
      headers: {
        'content-type': status < 400 ? 'application/json' : 'application/problem+json',
        'x-instance-id': instance,
        'x-served-by': instance,
        'x-request-id': `request-${this.requests.length}`,
        ...headers,
      },
    });
  }
}
