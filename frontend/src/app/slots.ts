/** Where the chosen appearance is stored; `public/color-scheme.js` reads the same. */
export const COLOR_SCHEME_SLOT = 'onboarding.color-scheme';

/** That the page says which instance answered. */
export const DEBUG_SLOT = 'onboarding.debug';

/** The share of calls that is traced, as the last answer said. */
export const TRACES_SLOT = 'onboarding.traces';
