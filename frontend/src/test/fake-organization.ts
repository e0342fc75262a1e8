import { empty, type Json, type Kept, ok, type Person, refuse } from './fake-data';

type Answer = Omit<Kept, 'body'>;

interface Member {
  user_id: string;
  full_name: string;
  email: string;
  role: string;
  joined_at: string;
}

const AT = '2026-03-01T12:00:00Z';
const ACME = { id: 'acme', size: '2-10', website: null, created_at: AT, joined_at: AT };

/** The one organization that there is, as the service would keep it. */
export class FakeOrganization {
  name = 'Acme';
  members: Member[] = [];
  invitations: Array<Json & { id: string; email: string; state: string }> = [];
  domains: Array<{ domain: string; claimed_at: string; verified_at: string | null }> = [];
  /** Whether it offers itself to whoever does not belong to it. */
  offers = false;
  /** Invitations that were sent again. */
  resent: string[] = [];

  add({ user }: Pick<Person, 'user'>, role: string): void {
    const { id: user_id, full_name, email } = user;
    this.members.push({ user_id, full_name, email, role, joined_at: AT });
  }

  call(call: string, person: Person, json: Json): Answer | undefined {
    const own = this.members.find(({ user_id }) => user_id === person.user.id);
    switch (call) {
      case 'GET /api/organizations/offers':
        return ok({ items: this.offers && !own ? [{ id: 'acme', name: this.name, members: 12 }] : [] });
      case 'POST /api/organizations/acme/join':
        this.add(person, 'member');
        this.fill(person);
        return ok(this.seenBy('member'));
      case 'POST /api/organization':
        this.name = String(json['name']);
        this.add(person, 'owner');
        return { ...ok(this.seenBy('owner')), status: 201 };
    }
    if (!call.includes('/api/organization')) return undefined;
    return own ? this.ofMember(call, own, json) : refuse(404, 'no_organization');
  }

  /** A step that the service has filled for whoever joins. */
  fill({ state }: Person): void {
    const step = state.steps.find(({ key }) => key === 'organization');
    Object.assign(step ?? {}, { status: 'completed', data: { name: this.name, size: ACME.size } });
    state.version += 1;
  }

  private seenBy(role: string): Json {
    return { ...ACME, name: this.name, role };
  }

  private ofMember(call: string, own: Member, json: Json): Answer {
    const [method = '', path = ''] = call.split(' ');
    const [part, id = '', act = ''] = decodeURIComponent(path)
      .replace('/api/organization', '')
      .split('/')
      .slice(1);
    switch (`${method} ${part ?? ''}${id && ' one'}${act && ` ${act}`}`) {
      case 'GET ':
        return ok(this.seenBy(own.role));
      case 'PATCH ':
        this.name = String(json['name']);
        return ok(this.seenBy(own.role));
      case 'POST leave':
        this.members = this.members.filter((each) => each !== own);
        return empty(204);
      case 'GET members':
        return ok({ items: this.members, next_cursor: null });
      case 'PATCH members one':
        return this.change(id, String(json['role']));
      case 'DELETE members one':
        this.members = this.members.filter(({ user_id }) => user_id !== id);
        return empty(204);
      case 'POST ownership':
        own.role = 'member';
        return this.change(String(json['user_id']), 'owner');
      case 'GET domains':
        return ok({ items: this.domains });
      case 'POST domains':
        if (json['domain'] === 'gmail.com')
          return refuse(422, 'validation_failed', { domain: ['is public'] });
        this.domains.push({ domain: String(json['domain']), claimed_at: AT, verified_at: null });
        return { ...ok(this.domains.at(-1) ?? {}), status: 201 };
      case 'DELETE domains one':
        this.domains = this.domains.filter(({ domain }) => domain !== id);
        return empty(204);
      default:
        return this.ofInvitations(`${method}${id && ' one'}${act && ` ${act}`}`, id, json);
    }
  }

  private change(id: string, role: string): Answer {
    for (const member of this.members) if (member.user_id === id) member.role = role;
    return empty(204);
  }

  private ofInvitations(call: string, id: string, json: Json): Answer {
    const found = this.invitations.find((each) => each.id === id);
    switch (call) {
      case 'GET':
        return ok({ items: this.invitations, next_cursor: null });
      case 'POST': {
        const email = String(json['email']);
        if (this.invitations.some((each) => each.email === email)) return refuse(409, 'already_invited');
        this.invitations.unshift(invitationTo(email, String(json['role'])));
        return { ...ok(this.invitations[0] ?? {}), status: 201 };
      }
      case 'POST one resend':
        if (this.resent.includes(id)) return refuse(429, 'resend_too_soon');
        this.resent.push(id);
        return ok(Object.assign(found ?? {}, { state: 'pending' }));
      case 'DELETE one':
        Object.assign(found ?? {}, { state: 'revoked' });
        return empty(204);
      default:
        return refuse(404, 'not_found');
    }
  }
}

/** An invitation that waits. */
export function invitationTo(email: string, role = 'member', state = 'pending') {
  const id = `to-${email}`;
  return { id, email, role, state, invited_by: 'u', created_at: AT, sent_at: AT, expires_at: AT };
}
