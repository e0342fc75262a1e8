/** The product's name as people see it, in one place. */
export const PRODUCT = 'Waymark';

export function titleOf(page?: string): string {
  return page === undefined ? PRODUCT : `${page} · ${PRODUCT}`;
}
