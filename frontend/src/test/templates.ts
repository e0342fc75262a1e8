import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import type { TemplateBody, TemplateConditionBody, TemplateFieldBody, TemplateStepBody } from '../generated';

type Toml = Record<string, unknown>;

const ROOT = join(import.meta.dirname, '../../..');

/** Reads templates as the service gives them, from the very files that it reads. */
export const readTemplate = (path: string): TemplateBody =>
  bodyOf(parse(readFileSync(join(ROOT, path), 'utf8')));

/** The onboarding that the service brings with it. */
export const defaultTemplate = (): TemplateBody => readTemplate('onboarding/templates/default.toml');

/** Eight steps that the page knows nothing of, with every type of field and with conditions. */
export const guidedTemplate = (): TemplateBody => readTemplate('frontend/e2e/templates/guided.toml');

function bodyOf({ key, version, languages, steps }: Toml): TemplateBody {
  return {
    key: String(key),
    version: Number(version),
    languages: languages as string[],
    steps: (steps as Toml[]).map(stepOf),
  };
}

function stepOf({ applies_when, fields = [], ...step }: Toml): TemplateStepBody {
  const key = String(step['key']);
  return {
    ...step,
    automatic: key === 'account',
    ...(applies_when ? { applies_when: conditionOf(key, applies_when as Toml) } : {}),
    fields: (fields as Toml[]).map((field) => fieldOf(key, field)),
  } as TemplateStepBody;
}

function fieldOf(step: string, { visible_when, ...field }: Toml): TemplateFieldBody {
  return {
    required: false,
    ...(field['type'] === 'text' ? { min_length: 0, multiline: false } : {}),
    ...field,
    ...(visible_when ? { visible_when: conditionOf(step, visible_when as Toml) } : {}),
  } as TemplateFieldBody;
}

/** A field of the same step is named without the step; `is` is `in` with one value. */
function conditionOf(step: string, condition: Toml): TemplateConditionBody {
  const { all, any, field, is, is_not, ...rest } = condition;
  const inner = (conditions: unknown) => (conditions as Toml[]).map((one) => conditionOf(step, one));
  if (all) return { all: inner(all) };
  if (any) return { any: inner(any) };
  const at = String(field);
  return {
    field: at.includes('.') ? at : `${step}.${at}`,
    ...(is === undefined ? {} : { in: [is] }),
    ...(is_not === undefined ? {} : { not_in: [is_not] }),
    ...rest,
  };
}
