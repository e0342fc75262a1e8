import { ownerOf } from './fake-passkeys';
import { empty, type Json, type Kept, ok, type Person, refuse } from './fake-data';

type Answer = Omit<Kept, 'body'>;

/** What the authenticator app of everybody shows, always. */
export const CODE = '123456';

const FACTORS = ['totp', 'recovery_code'];

/** The password is right, and not enough. The challenge is the address. */
export function askForFactor(email: string): Answer {
  const second_factor = { challenge: email, expires_in: 300, factors: FACTORS };
  return refuse(401, 'second_factor_required', undefined, { second_factor });
}

/** Why the second step of a log-in is refused; nothing where it is not. */
export function secondFactorOf(person: Person | undefined, json: Json): Answer | undefined {
  if (!person) return refuse(401, 'challenge_expired');
  if (!isRight(person, json)) return refuse(401, 'invalid_second_factor');
  person.factors.remembered = json['remember_device'] === true;
  return undefined;
}

/** The same of a proof within a session. */
export function stepUpOf(person: Person, json: Json): Answer | undefined {
  const hasFactor = person.factors.totp === 'on';
  if (json['passkey']) {
    const owner = ownerOf([person], json['passkey'] as Json);
    if (!('user' in owner)) return owner;
    person.factors.fresh = true;
    return undefined;
  }
  if (!hasFactor && json['password'] !== person.password) return refuse(401, 'invalid_credentials');
  if (hasFactor && !isRight(person, json)) return refuse(401, 'invalid_second_factor');
  person.factors.fresh = true;
  return undefined;
}

/** The calls about second factors. */
export function factorCall(call: string, { factors }: Person, json: Json): Answer | undefined {
  if (SENSITIVE.has(call) && !factors.fresh) {
    const needed = factors.totp === 'on' ? FACTORS : ['password'];
    const step_up = { acr: factors.totp === 'on' ? 'aal2' : 'aal1', max_age: 900, factors: needed };
    return refuse(403, 'step_up_required', undefined, { step_up });
  }
  switch (call) {
    case 'GET /api/auth/factors':
      return ok({
        enabled: factors.totp === 'on',
        totp: factors.totp === 'on' ? { confirmed_at: '2026-03-01T12:00:00Z' } : null,
        recovery_codes_left: factors.recoveryCodes.length,
      });
    case 'POST /api/auth/factors/totp':
      if (factors.totp === 'none') factors.totp = 'waiting';
      return { ...ok({ secret: SECRET, uri: URI, expires_at: '2026-03-01T12:15:00Z' }), status: 201 };
    case 'POST /api/auth/factors/totp/confirm':
      if (String(json['code']) !== CODE) return refuse(401, 'invalid_second_factor');
      factors.totp = 'on';
      return newCodes(factors);
    case 'POST /api/auth/factors/recovery-codes':
      return newCodes(factors);
    case 'DELETE /api/auth/factors/totp':
      Object.assign(factors, { totp: 'none', recoveryCodes: [], remembered: false });
      return empty(204);
    case 'DELETE /api/auth/factors/devices':
      factors.remembered = false;
      return empty(204);
    default:
      return undefined;
  }
}

const SECRET = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const URI = `otpauth://totp/Waymark:ada%40example.com?secret=${SECRET}&issuer=Waymark`;
const SENSITIVE = new Set([
  'POST /api/auth/factors/totp',
  'POST /api/auth/factors/recovery-codes',
  'DELETE /api/auth/factors/totp',
]);
let made = 0;

function newCodes(factors: Person['factors']): Answer {
  made += 1;
  factors.recoveryCodes = Array.from({ length: 10 }, (_, i) => `${1000 + made}-4567-89AB-CDEF-GHJK-MNP${i}`);
  return ok({ recovery_codes: factors.recoveryCodes });
}

function isRight({ factors }: Person, json: Json): boolean {
  const place = factors.recoveryCodes.indexOf(String(json['recovery_code']));
  if (place >= 0) factors.recoveryCodes.splice(place, 1);
  return place >= 0 || json['code'] === CODE;
}
