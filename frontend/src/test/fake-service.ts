import type { Onboarding, OnboardingStep, User } from '../api/types';

type Json = Record<string, unknown>;

interface Person {
  user: User;
  password: string;
  state: Onboarding;
}

interface Kept {
  body: string;
  status: number;
  json: Json | null;
  headers: Record<string, string>;
}

const STEPS: ReadonlyArray<readonly [OnboardingStep['key'], boolean]> = [
  ['account', true],
  ['profile', true],
  ['organization', true],
  ['preferences', false],
  ['review', true],
];

/**
 * The service's contract in memory, for tests: accounts, sessions by cookie, steps with versions, idempotency.
 * `fail` makes the next requests go wrong in a chosen way.
 */
export class FakeService {
  readonly people = new Map<string, Person>();
  readonly requests: Array<{ method: string; path: string; key: string | null; body: string }> = [];
  /** Taken one for each request: what happens to it instead of, or after, being handled. */
  readonly faults: Array<'drop_before' | 'drop_after' | number | undefined> = [];
  refreshes = 0;
  /** Where set, answers wait for it. */
  gate: Promise<void> | undefined;
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
    this.change(state, key, 'in_progress', data);
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
      case 'POST /api/auth/refresh':
        return this.refresh();
      case 'GET /api/static-data':
        return ok(STATIC_DATA);
    }
    const person = this.people.get(this.whoAsks(request) ?? '');
    if (!person) return refuse(401, 'token_invalid');
    switch (`${request.method} ${step ? '/api/onboarding/steps' : path}`) {
      case 'GET /api/auth/me':
        return ok(person.user);
      case 'POST /api/auth/logout':
        this.cookie = undefined;
        return { status: 204, json: null, headers: {} };
      case 'GET /api/onboarding':
        return ok(person.state);
      case 'PUT /api/onboarding/steps':
        return this.put(person, step ?? '', json, request.headers.get('if-match'));
      case 'POST /api/onboarding/complete':
        return this.complete(person);
    }
    return refuse(404, 'not_found');
  }

  private register(json: Json): Omit<Kept, 'body'> {
    const email = String(json['email']).toLowerCase();
    if (this.people.has(email)) return refuse(409, 'email_taken');
    if (String(json['password']).length < 8) {
      return refuse(422, 'validation_failed', { password: ['must be at least 8 characters long'] });
    }
    const user: User = {
      id: `user-${(this.count += 1)}`,
      email: String(json['email']),
      email_verified: false,
      full_name: String(json['full_name']),
      language: null,
      theme: 'system',
      role: 'user',
      status: 'active',
      created_at: '2026-03-01T12:00:00Z',
    };
    this.people.set(email, { user, password: String(json['password']), state: begun() });
    return { ...this.grant(email), status: 201 };
  }

  private login(json: Json): Omit<Kept, 'body'> {
    const email = String(json['email']).toLowerCase();
    const fits = this.people.get(email)?.password === json['password'];
    return fits ? this.grant(email) : refuse(401, 'invalid_credentials');
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

  private put(person: Person, key: string, json: Json, ifMatch: string | null): Omit<Kept, 'body'> {
    if (ifMatch !== null && ifMatch !== `"${person.state.version}"`) return refuse(412, 'version_mismatch');
    const data = json['data'] as Json;
    if (String(data['website'] ?? '').startsWith('javascript:')) {
      return refuse(422, 'validation_failed', {
        'data.website': ['must be an address like https://example.com'],
      });
    }
    return ok(this.change(person.state, key, json['status'] as OnboardingStep['status'], data));
  }

  private change(state: Onboarding, key: string, status: OnboardingStep['status'], data: Json): Onboarding {
    const step = state.steps.find((each) => each.key === key);
    if (!step) throw new Error(`no step ${key}`);
    Object.assign(step, { status, data });
    state.version += 1;
    return state;
  }

  private complete(person: Person): Omit<Kept, 'body'> {
    const open = person.state.steps.some((step) => step.required && step.status !== 'completed');
    if (open) return refuse(409, 'steps_open');
    person.state.status = 'completed';
    person.state.version += 1;
    return ok(person.state);
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

function ok(value: object): Omit<Kept, 'body'> {
  return { status: 200, json: structuredClone(value) as Json, headers: {} };
}

function refuse(status: number, code: string, errors?: Json): Omit<Kept, 'body'> {
  return {
    status,
    json: { type: 'about:blank', title: code, status, code, request_id: 'r', ...(errors ? { errors } : {}) },
    headers: {},
  };
}

function begun(): Onboarding {
  return {
    status: 'in_progress',
    progress: 20,
    completed_at: null,
    version: 1,
    steps: STEPS.map(([key, required]) => ({
      key,
      title: key,
      required,
      status: key === 'account' ? 'completed' : 'not_started',
      data: {},
      completed_at: null,
    })),
  };
}

const STATIC_DATA = {
  countries: [
    { code: 'BR', name: 'Brazil' },
    { code: 'DE', name: 'Germany' },
    { code: 'GB', name: 'United Kingdom' },
  ],
  time_zones: ['America/Sao_Paulo', 'EST5EDT', 'Etc/GMT+1', 'Europe/Berlin', 'UTC'],
  organization_sizes: [
    { value: '1', label: 'Just me' },
    { value: '2-10', label: '2 to 10 people' },
    { value: '11-50', label: '11 to 50 people' },
    { value: '51-200', label: '51 to 200 people' },
    { value: '201-1000', label: '201 to 1,000 people' },
    { value: '5001+', label: 'More than 5,000 people' },
  ],
  roles: [
    { value: 'engineering', label: 'Engineering' },
    { value: 'other', label: 'Something else' },
  ],
};
