/// <reference types="vite/client" />

declare module 'virtual:theme.css';

/** Limits of an account's fields, in characters (`api-rules.ts`). */
declare module 'virtual:api-rules' {
  export const PASSWORD_MIN: number;
  export const PASSWORD_MAX: number;
  export const NAME_MAX: number;
  export const PASSKEY_NAME_MAX: number;
}
