/**
 * The content security policy of the built page. It is in the page itself, so that it holds whoever serves it;
 * nginx sends it once more as a header, with what a page cannot say of itself (`frame-ancestors`).
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');
