import { http, type HttpHandler, HttpResponse } from 'msw';
import type {
  AccountBody,
  AuditRecordBody,
  ClusterBody,
  DomainClaimBody,
  FunnelBody,
  MessageBody,
  WholeAccountBody,
} from '../generated';
import { begun } from './fake-data';

const AT = '2026-03-01T12:00:00Z';
const id = (n: number): string => `01890000-0000-7000-8000-${String(n).padStart(12, '0')}`;

export function accountOf(n: number): AccountBody {
  return {
    id: id(n),
    email: `person-${n}@example.com`,
    email_verified: n % 2 === 0,
    full_name: `Person ${n}`,
    language: null,
    theme: 'system',
    reminders: true,
    role: 'user',
    status: 'active',
    created_at: AT,
    suspended_at: null,
    onboarding: {
      status: 'in_progress',
      state: 'stuck',
      last_reminder: 1,
      completed_at: null,
      updated_at: AT,
    },
  };
}

export function auditOf(n: number, action = 'user.logged_in'): AuditRecordBody {
  return {
    id: n,
    at: '2026-03-02T12:00:00Z',
    action,
    user_id: id(1),
    user_email: 'person-1@example.com',
    actor: { kind: 'person', id: null, email: null },
    subject: null,
    reason: null,
    address: '203.0.113.7',
    request_id: `request-${n}`,
    instance_id: 'backend-1',
  };
}

export function messageOf(n: number, more: Partial<MessageBody> = {}): MessageBody {
  return {
    id: id(n),
    type: 'verify_email',
    user_id: id(1),
    recipient: `person-${n}@example.com`,
    sequence: null,
    state: 'dead',
    created_at: AT,
    attempts: 9,
    next_attempt_at: null,
    sent_at: null,
    dead_at: '2026-03-05T12:00:00Z',
    last_error: '550 no such mailbox',
    ...more,
  };
}

const FUNNEL: FunnelBody = {
  as_of: AT,
  registered: 200,
  completed: 50,
  stuck: 30,
  median_seconds: 3_600,
  p90_seconds: 86_400,
  steps: ['account', 'profile'].map((key, at) => ({
    key,
    title: key === 'account' ? 'Your account' : 'About you',
    required: true,
    reached: 200,
    started: 200 - at * 60,
    completed: 200 - at * 100,
    skipped: 0,
    in_progress: at * 40,
    not_started: at * 60,
    stuck: at * 30,
    drop_off: at * 0.15,
    median_seconds: at === 0 ? 0 : 600,
    p90_seconds: 6_000,
  })),
};

/** What admins see, in memory. It notes what was asked for and changed. */
export class FakeAdmin {
  people = Array.from({ length: 3 }, (_, n) => accountOf(n + 1));
  audit = [auditOf(1), auditOf(2, 'user.suspended')];
  mails = [messageOf(1)];
  events = [messageOf(2, { type: 'onboarding.completed', recipient: null, sequence: 4 })];
  claims: DomainClaimBody[] = [
    {
      organization_id: id(9),
      organization_name: 'Acme',
      domain: 'acme.example',
      claimed_by: id(1),
      claimed_at: AT,
    },
  ];
  cluster: ClusterBody = { configured: false, minutes: 15, as_of: AT, balancers: [], instances: [] };
  pageSize = 50;
  /** The next questions are answered so instead. */
  readonly faults: number[] = [];
  /** Method, path and query of everything that was asked. */
  readonly asked: string[] = [];
  readonly changes: Array<{ path: string; body: unknown }> = [];

  handlers(): HttpHandler[] {
    return [http.all('*/api/admin/*', ({ request }) => this.handle(request))];
  }

  private async handle(request: Request): Promise<Response> {
    const { pathname, search, searchParams } = new URL(request.url);
    const path = pathname.replace('/api/admin/', '');
    this.asked.push(`${request.method} ${path}${search}`);
    const fault = this.faults.shift();
    if (fault) return problem(fault);
    if (request.method === 'POST') {
      const body: unknown = await request.json();
      this.changes.push({ path, body });
      return this.change(path);
    }
    return this.read(path, searchParams);
  }

  private read(path: string, query: URLSearchParams): Response {
    const person = /^users\/(.+)$/.exec(path)?.[1];
    if (person) return this.person(person);
    switch (path) {
      case 'users':
        return this.page(this.found(query), query);
      case 'users.csv':
        return new HttpResponse('id,email\r\n', { headers: { 'content-type': 'text/csv' } });
      case 'audit':
        return this.page(this.audit, query);
      case 'outbox':
        return this.page(this.mails, query);
      case 'webhooks':
        return this.page(this.events, query);
      case 'funnel':
        return HttpResponse.json(funnelBy(query.get('by')));
      case 'domain-claims':
        return HttpResponse.json({ items: this.claims });
      case 'cluster':
        return HttpResponse.json({ ...this.cluster, minutes: Number(query.get('minutes')) });
      default:
        return problem(404);
    }
  }

  private change(path: string): Response {
    const [, user, action] = /^users\/(.+)\/(suspend|restore)$/.exec(path) ?? [];
    const person = this.people.find((each) => each.id === user);
    if (person) {
      person.suspended_at = action === 'suspend' ? AT : null;
      person.status = action === 'suspend' ? 'suspended' : 'active';
    }
    if (path.endsWith('/approve') || path.endsWith('/refuse')) this.claims = [];
    if (path === 'webhooks/replay') return HttpResponse.json({ replayed: 3, next_cursor: null });
    return new HttpResponse(null, { status: 204 });
  }

  private found(query: URLSearchParams): AccountBody[] {
    const [q, status] = [query.get('q')?.toLowerCase(), query.get('status')];
    return this.people
      .filter(({ full_name }) => !q || full_name.toLowerCase().startsWith(q))
      .filter((person) => !status || person.status === status);
  }

  private page(all: readonly unknown[], query: URLSearchParams): Response {
    const from = Number(query.get('cursor') ?? 0);
    const to = from + this.pageSize;
    return HttpResponse.json({
      items: all.slice(from, to),
      next_cursor: to < all.length ? String(to) : null,
    });
  }

  private person(wanted: string): Response {
    const account = this.people.find((each) => each.id === wanted);
    if (!account) return problem(404);
    const session = {
      id: id(7),
      device: 'Firefox on Windows',
      method: 'password',
      address: '203.0.113.9',
      created_at: '2026-03-03T12:00:00Z',
      last_used_at: '2026-03-04T12:00:00Z',
      current: false,
    };
    const onboarding = begun();
    const whole: WholeAccountBody = { ...account, onboarding, sessions: [session], audit: this.audit };
    return HttpResponse.json(whole);
  }
}

function funnelBy(by: string | null): FunnelBody {
  if (by === null) return FUNNEL;
  const { as_of: _, ...counts } = FUNNEL;
  const values = by === 'week' ? ['2026-W10', '2026-W09'] : by === 'version' ? ['default.v1'] : ['DE', ''];
  return { ...FUNNEL, groups: values.map((value, n) => ({ ...counts, value, registered: 120 - n * 40 })) };
}

function problem(status: number): Response {
  const code = status === 404 ? 'unknown_user' : 'database_unavailable';
  const detail = status === 404 ? 'there is no such account' : 'the database does not answer';
  return HttpResponse.json(
    { type: 'about:blank', title: code, detail, status, code, request_id: 'request-of-the-fault' },
    { status, headers: { 'content-type': 'application/problem+json' } },
  );
}
