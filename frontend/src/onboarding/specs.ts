import { t } from '@lingui/core/macro';
import { fieldWords } from '../api/words';
import type { StepData, StepKey } from './steps';

/** A rule for one member: a message where the value is not acceptable. */
type Rule = (value: string) => string | undefined;

export interface FieldSpec {
  label: string;
  /** The message where nothing was given; absent where the field may stay empty. */
  required?: string;
  /** Makes of what was typed what was meant. */
  tidy?: (text: string) => string;
  /** Checked where something was given, and before a draft is sent: the service checks the same. */
  format?: Rule;
}

const atMost =
  (max: number): Rule =>
  (value) =>
    Array.from(value).length > max ? t`Please keep this to ${max} characters.` : undefined;

const phone: Rule = (value) =>
  /^\+?[0-9 ()./-]{5,30}$/.test(value)
    ? undefined
    : t`Use digits, spaces and a leading +, like +44 20 7946 0958.`;

const website: Rule = (value) => {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const fine = url && /^https?:$/.test(url.protocol) && url.hostname.includes('.') && value.length <= 200;
  return fine ? undefined : t`Use a full address, like https://example.com.`;
};

/** People type `example.com` and mean `https://example.com`. */
export function withScheme(text: string): string {
  const address = text.trim();
  const isBare = /^[^\s:/?#@]+\.[^\s:/?#@.]+([/?#:]\S*)?$/.test(address);
  return isBare ? `https://${address}` : text;
}

/** What the page asks for in each step, beyond what the service insists on. */
export const FIELDS: Record<StepKey, Record<string, FieldSpec>> = {
  account: {},
  profile: {
    job_title: {
      get label() {
        return t`Job title`;
      },
      get required() {
        return t`Tell us what you do.`;
      },
      format: atMost(100),
    },
    country: {
      get label() {
        return t`Country`;
      },
      get required() {
        return t`Choose the country you work in.`;
      },
    },
    time_zone: {
      get label() {
        return t`Time zone`;
      },
      get required() {
        return t`Choose your time zone.`;
      },
    },
    phone: {
      get label() {
        return t`Phone`;
      },
      format: phone,
    },
    bio: {
      get label() {
        return t`About you`;
      },
      format: atMost(500),
    },
  },
  organization: {
    name: {
      get label() {
        return t`Name`;
      },
      get required() {
        return t`What is your organization called?`;
      },
      format: atMost(200),
    },
    size: {
      get label() {
        return t`Size`;
      },
      get required() {
        return t`Choose how many people work there.`;
      },
    },
    role: {
      get label() {
        return t`Your role`;
      },
      get required() {
        return t`Choose the role that fits best.`;
      },
    },
    website: {
      get label() {
        return t`Website`;
      },
      format: website,
      tidy: withScheme,
    },
  },
  preferences: {
    theme: {
      get label() {
        return t`Appearance`;
      },
    },
    locale: {
      get label() {
        return t`Dates and numbers`;
      },
    },
    product_updates: {
      get label() {
        return t`Product updates`;
      },
    },
    newsletter: {
      get label() {
        return t`Newsletter`;
      },
    },
  },
  review: {
    accepted_terms: {
      get label() {
        return t`Terms`;
      },
    },
  },
};

export type FieldErrors = Record<string, string>;

/** The members that mean something else than what was typed, as they are meant. */
export function tidied(key: StepKey, values: StepData): Record<string, string> {
  const meant: Record<string, string> = {};
  for (const [field, { tidy }] of Object.entries(FIELDS[key])) {
    const text = values[field];
    if (tidy && typeof text === 'string' && tidy(text) !== text) meant[field] = tidy(text);
  }
  return meant;
}

/** Messages for all that keeps the step from being completed. */
export function missing(key: StepKey, data: StepData): FieldErrors {
  return collect(key, (spec, text) => (text === '' ? spec.required : spec.format?.(text)), data);
}

/** Messages for what was given and is not acceptable. */
export function malformed(key: StepKey, data: StepData): FieldErrors {
  return collect(key, (spec, text) => (text === '' ? undefined : spec.format?.(text)), data);
}

/** The part of a draft that the service would take: half-typed members stay here, and there what is stored of them. */
export function sendable(key: StepKey, data: StepData, stored: StepData = {}): StepData {
  const odd = malformed(key, data);
  const fine = Object.entries(data).filter(([field]) => !(field in odd));
  const kept = Object.keys(odd).filter((field) => stored[field] !== undefined);
  return Object.fromEntries([...fine, ...kept.map((field) => [field, stored[field]] as const)]);
}

function collect(
  key: StepKey,
  check: (spec: FieldSpec, text: string) => string | undefined,
  data: StepData,
): FieldErrors {
  const errors: FieldErrors = {};
  for (const [field, spec] of Object.entries(FIELDS[key])) {
    const message = check(spec, textOf(data[field]));
    if (message !== undefined) errors[field] = message;
  }
  return errors;
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** Form values laid over what is stored: known members without content are left out, unknown ones kept. */
export function toData(stored: StepData, values: StepData): StepData {
  const laid = Object.entries({ ...stored, ...values }).map(
    ([field, value]) => [field, typeof value === 'string' ? value.trim() : value] as const,
  );
  return Object.fromEntries(
    laid.filter(([, value]) => value !== '' && value !== null && value !== undefined),
  );
}

/** Messages of the service by field of the form; what belongs to no field comes under `''`. */
export function fromService(key: StepKey, errors: Readonly<Record<string, readonly string[]>>): FieldErrors {
  const mapped: FieldErrors = {};
  for (const [path, messages] of Object.entries(errors)) {
    const field = path.replace(/^\/?data[./]/, '');
    const known = field in FIELDS[key] ? field : '';
    mapped[known] = [mapped[known], fieldWords(messages)].filter(Boolean).join(' ');
  }
  return mapped;
}
