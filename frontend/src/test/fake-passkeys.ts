import type { PasskeyBody } from '../generated';
import { empty, type Json, type Kept, ok, type Person, refuse } from './fake-data';

type Answer = Omit<Kept, 'body'>;

/** A passkey, and what the authenticator calls it. */
export interface FakePasskey extends PasskeyBody {
  credential: string;
}

const AT = '2026-03-01T12:00:00Z';
const CHALLENGE = 'Y2hhbGxlbmdl';
let made = 0;

/** What the browser is to ask for, to log in or to step up. */
function passkeyOptions(): Answer {
  const public_key = { challenge: CHALLENGE, rpId: 'localhost', userVerification: 'required' };
  return ok({ challenge_token: `asked-${(made += 1)}`, expires_in: 300, public_key });
}

/** Whose passkey has signed; why not, where that is nobody. */
export function ownerOf(people: Iterable<Person>, json: Json): Person | Answer {
  const { id } = json['credential'] as { id: string };
  for (const person of people) {
    const passkey = person.passkeys.find(({ credential }) => credential === id);
    if (passkey?.disabled_at) return refuse(401, 'passkey_disabled');
    if (passkey) {
      passkey.last_used_at = AT;
      return person;
    }
  }
  return refuse(401, 'unknown_passkey');
}

/** Both halves of a log-in by a passkey: `grant` begins the session of whoever owns it. */
export function passkeyLogIn(people: Iterable<Person>, json: Json, grant: (email: string) => Answer): Answer {
  if (!json['credential']) return passkeyOptions();
  const owner = ownerOf(people, json);
  return 'user' in owner ? grant(owner.user.email.toLowerCase()) : owner;
}

/** The calls about one's own passkeys. */
export function passkeyCall(call: string, person: Person, json: Json): Answer | undefined {
  const { passkeys, factors } = person;
  const [, method, id] = /^(PATCH|DELETE) \/api\/auth\/passkeys\/(.+)$/.exec(call) ?? [];
  const isSensitive = method === 'DELETE' || call.endsWith('/registration');
  if (isSensitive && !factors.fresh) {
    const step_up = {
      acr: 'aal1',
      max_age: 900,
      factors: ['password', ...(passkeys.length > 0 ? ['passkey'] : [])],
    };
    return refuse(403, 'step_up_required', undefined, { step_up });
  }
  if (id !== undefined) return ofOne(person, String(method), id, json);
  switch (call) {
    case 'GET /api/auth/passkeys':
      return ok({
        items: passkeys,
        has_password: person.password !== '',
        rp_id: 'localhost',
        origin: 'http://localhost:3000',
      });
    case 'GET /api/auth/passkeys/registration':
      return ok({ challenge_token: 'begun', expires_in: 300, public_key: creation(person) });
    case 'POST /api/auth/passkeys': {
      const { id: credential } = json['credential'] as { id: string };
      if (passkeys.some((known) => known.credential === credential)) return refuse(409, 'passkey_registered');
      passkeys.push(passkeyOf(credential, 'Chrome on Linux'));
      return { ...ok(passkeys.at(-1) as object), status: 201 };
    }
    default:
      return undefined;
  }
}

export function passkeyOf(credential: string, name: string): FakePasskey {
  return {
    id: `passkey-${(made += 1)}`,
    credential,
    name,
    created_at: AT,
    last_used_at: null,
    disabled_at: null,
  };
}

function ofOne({ passkeys, password }: Person, method: string, id: string, json: Json): Answer {
  const place = passkeys.findIndex((passkey) => passkey.id === id);
  const passkey = passkeys[place];
  if (!passkey) return refuse(404, 'passkey_not_found');
  if (method === 'PATCH') return ok(Object.assign(passkey, json));
  if (password === '' && passkeys.length === 1) return refuse(409, 'last_way_in');
  passkeys.splice(place, 1);
  return empty(204);
}

function creation({ user, passkeys }: Person): Json {
  return {
    challenge: CHALLENGE,
    rp: { id: 'localhost', name: 'User Onboarding' },
    user: { id: 'dXNlcg', name: user.email, displayName: user.full_name },
    pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
    excludeCredentials: passkeys.map(({ credential }) => ({ type: 'public-key', id: credential })),
  };
}
