/** Whether passkeys can be used here: the browser knows WebAuthn, and the page's address has a domain, which passkeys are bound to. */
export function passkeysPossible(): boolean {
  return typeof PublicKeyCredential === 'function' && !isIpAddress(window.location.hostname);
}

/** Whether this page is at the domain that passkeys are bound to, or below it. */
export function isAtDomain(domain: string): boolean {
  return `.${window.location.hostname}`.endsWith(`.${domain}`);
}

const isIpAddress = (hostname: string): boolean => /^[\d.]+$|^\[/.test(hostname);
