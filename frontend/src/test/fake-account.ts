import { empty, type Json, type Kept, ok, type Person, refuse } from './fake-data';

type Answer = Omit<Kept, 'body'>;

/** The calls about the account itself. `sessions` are the devices of all sessions but the one that asks. */
export function accountCall(
  call: string,
  person: Person,
  json: Json,
  sessions: string[],
): Answer | undefined {
  const one = /^DELETE \/api\/auth\/sessions\/other-(\d+)$/.exec(call)?.[1];
  if (one !== undefined) {
    sessions.splice(Number(one), 1);
    return empty(204);
  }
  switch (call) {
    case 'PATCH /api/account':
      return ok(Object.assign(person.user, json));
    case 'DELETE /api/account':
      if (json['current_password'] !== person.password) return refuse(401, 'invalid_credentials');
      person.user.status = 'closing';
      return empty(202);
    case 'POST /api/account/reopen':
      person.user.status = 'active';
      return ok(person.user);
    case 'POST /api/auth/password/change':
      if (json['current_password'] !== person.password) return refuse(401, 'invalid_credentials');
      person.password = String(json['new_password']);
      return empty(204);
    case 'GET /api/auth/sessions':
      return ok({
        items: [sessionOf('here', 'Chrome on Linux'), ...sessions.map((d, i) => sessionOf(`other-${i}`, d))],
      });
    case 'DELETE /api/auth/sessions/others':
    case 'DELETE /api/auth/sessions':
      sessions.length = 0;
      return empty(204);
    default:
      return undefined;
  }
}

function sessionOf(id: string, device: string): Json {
  const at = '2026-03-01T12:00:00Z';
  return { id, device, address: '203.0.113.7', created_at: at, last_used_at: at, current: id === 'here' };
}
