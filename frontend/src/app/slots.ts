/** Where the chosen appearance is stored; `public/color-scheme.js` reads the same. */
export const COLOR_SCHEME_SLOT = 'onboarding.color-scheme';

/** Says that a session cookie may be there, so that a first visit need not ask. It is no secret. */
export const SESSION_SLOT = 'onboarding.session';

/** That the page says which instance answered. */
export const DEBUG_SLOT = 'onboarding.debug';

/** The share of calls that is traced, as the last answer said. */
export const TRACES_SLOT = 'onboarding.traces';

/** The language that was chosen in this browser. */
export const LANGUAGE_SLOT = 'onboarding.language';
