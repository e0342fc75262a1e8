/** What a group of the funnel is called: a country by its name, others as the service calls them. */
export function groupName(by: string, value: string, locale: string, none: string): string {
  if (value === '') return none;
  if (by !== 'country') return value;
  try {
    return new Intl.DisplayNames(locale, { type: 'region' }).of(value) ?? value;
  } catch {
    return value;
  }
}
