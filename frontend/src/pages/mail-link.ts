import { useLocation } from 'react-router';

/** The token that a mail's link brings behind the `#`, where no server and no `Referer` gets to see it. */
export function tokenIn(hash: string): string | undefined {
  return new URLSearchParams(hash.replace(/^#/, '')).get('token')?.trim() || undefined;
}

export function useMailToken(): string | undefined {
  return tokenIn(useLocation().hash);
}
