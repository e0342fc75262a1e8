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
      Object.assign(factors, { totp: 'none', recoveryCodes: [], remembered: false, rememberedElsewhere: [] });
      return empty(204);
    case 'GET /api/auth/factors/devices':
      return ok({ items: devicesOf(factors) });
    case 'DELETE /api/auth/factors/devices':
      Object.assign(factors, { remembered: false, rememberedElsewhere: [] });
      return empty(204);
    default:
      return forgetOne(call, factors);
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

function devicesOf({ remembered, rememberedElsewhere }: Person['factors']): Json[] {
  const here = remembered ? [deviceOf('Chrome on Linux', true)] : [];
  return [...here, ...rememberedElsewhere.map((device) => deviceOf(device, false))];
}

function deviceOf(device: string, current: boolean): Json {
  const [created_at, expires_at] = ['2026-03-01T12:00:00Z', '2026-03-31T12:00:00Z'];
  const id = current ? 'here' : device.replaceAll(' ', '-');
  return { id, device, address: '203.0.113.7', created_at, last_used_at: created_at, expires_at, current };
}

function forgetOne(call: string, factors: Person['factors']): Answer | undefined {
  const id = /^DELETE \/api\/auth\/factors\/devices\/([\w-]+)$/.exec(call)?.[1];
  if (id === undefined) return undefined;
  if (!devicesOf(factors).some((device) => device['id'] === id)) return refuse(404, 'device_not_found');
  if (id === 'here') factors.remembered = false;
  else factors.rememberedElsewhere = factors.rememberedElsewhere.filter((d) => d.replaceAll(' ', '-') !== id);
  return empty(204);
}

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
