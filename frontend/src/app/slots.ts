/** Where the chosen appearance is stored; `public/color-scheme.js` reads the same. */
export const COLOR_SCHEME_SLOT = 'onboarding.color-scheme';
