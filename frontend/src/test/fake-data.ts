import type { Onboarding, User } from '../api/types';
import type { TemplateBody } from '../generated';
import { applies } from '../onboarding/conditions';
import type { FakePasskey } from './fake-passkeys';
import { defaultTemplate } from './templates';

export type Json = Record<string, unknown>;

export interface Person {
  user: User;
  password: string;
  state: Onboarding;
  /** What the newest mails bring: to which address, and whether it was used. */
  mails: Mail[];
  factors: Factors;
  passkeys: FakePasskey[];
}

export interface Factors {
  /** An authenticator app that waits for its first code, or is asked for. */
  totp: 'none' | 'waiting' | 'on';
  recoveryCodes: string[];
  /** The password alone logs in. */
  remembered: boolean;
  /** So it does on these. */
  rememberedElsewhere: string[];
  /** Sensitive calls want no other proof for now. */
  fresh: boolean;
}

export interface Mail {
  kind: 'verify' | 'change' | 'reset';
  to: string;
  code: string;
  token: string;
  state: 'good' | 'used' | 'expired';
}

export interface Kept {
  body: string;
  status: number;
  json: Json | null;
  headers: Record<string, string>;
}

export function ok(value: object): Omit<Kept, 'body'> {
  return { status: 200, json: structuredClone(value) as Json, headers: {} };
}

export function empty(status: number): Omit<Kept, 'body'> {
  return { status, json: null, headers: {} };
}

export function refuse(status: number, code: string, errors?: Json, more?: Json): Omit<Kept, 'body'> {
  const told = { ...(errors ? { errors } : {}), ...more };
  return {
    status,
    json: { type: 'about:blank', title: code, status, code, request_id: 'r', ...told },
    headers: {},
  };
}

const builtIn = defaultTemplate();

/** An onboarding that has just begun. */
export function begun(template: TemplateBody = builtIn): Onboarding {
  const state: Onboarding = {
    status: 'in_progress',
    progress: 20,
    completed_at: null,
    activated_at: null,
    version: 1,
    template,
    steps: (template.steps ?? []).map(({ key, title, required, automatic }) => ({
      key,
      title: title[template.languages?.[0] ?? ''] ?? key,
      required,
      applies: true,
      status: automatic ? 'completed' : 'not_started',
      data: {},
      completed_at: null,
    })),
  };
  return settled(state);
}

/** The state with what applies by its answers. */
export function settled(state: Onboarding): Onboarding {
  for (const step of state.steps) step.applies = applies(state, step.key);
  return state;
}

/** The person is moved to another template: `data` is what its steps hold, by their keys. */
export function moved(state: Onboarding, template: TemplateBody, data: Record<string, Json>): void {
  const next = begun(template);
  for (const step of next.steps) {
    const held = data[step.key];
    if (held) Object.assign(step, { status: 'in_progress', data: held });
  }
  Object.assign(state, settled(next), { version: state.version + 1 });
}

/** As changes answer: what is asked is only named. */
export function named({ template: { key, version }, ...state }: Onboarding): Onboarding {
  return { ...state, template: { key, version } };
}

/** Somebody who has just registered. */
export function newcomer(id: string, json: Json): Person {
  const user: User = {
    id,
    email: String(json['email']),
    email_verified: false,
    full_name: String(json['full_name']),
    language: (json['language'] ?? null) as string | null,
    theme: 'system',
    reminders: true,
    role: 'user',
    status: 'active',
    created_at: '2026-03-01T12:00:00Z',
  };
  return {
    user,
    password: String(json['password']),
    state: begun(),
    mails: [],
    factors: { totp: 'none', recoveryCodes: [], remembered: false, rememberedElsewhere: [], fresh: true },
    passkeys: [],
  };
}

export const STATIC_DATA = {
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
