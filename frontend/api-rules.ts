import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

const NAME = 'virtual:api-rules';

interface Rule {
  minLength?: number;
  maxLength?: number;
}

/** Gives the page the limits of an account's fields as the service's OpenAPI document says them: they are written nowhere else. */
export function apiRules(): Plugin {
  return {
    name: 'api-rules',
    resolveId: (id) => (id === NAME ? `\0${NAME}` : undefined),
    load: (id) => (id === `\0${NAME}` ? rulesCode() : undefined),
  };
}

function rulesCode(): string {
  const text = readFileSync(join(import.meta.dirname, 'openapi.json'), 'utf8');
  const document = JSON.parse(text) as {
    components: {
      schemas: Record<'RegisterRequest' | 'RenamePasskeyRequest', { properties: Record<string, Rule> }>;
    };
  };
  const { RegisterRequest, RenamePasskeyRequest } = document.components.schemas;
  const { password, full_name } = RegisterRequest.properties;
  const limits = {
    PASSWORD_MIN: password?.minLength,
    PASSWORD_MAX: password?.maxLength,
    NAME_MAX: full_name?.maxLength,
    PASSKEY_NAME_MAX: RenamePasskeyRequest.properties['name']?.maxLength,
  };
  return Object.entries(limits)
    .map(([name, value]) => {
      if (value === undefined) throw new Error(`openapi.json does not say ${name}`);
      return `export const ${name} = ${value};`;
    })
    .join('\n');
}
