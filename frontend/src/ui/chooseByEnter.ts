import type { KeyboardEvent } from 'react';

/**
 * Enter takes the highlighted match of what was typed into a searchable choice, or the first. The library forgets
 * which one is highlighted while its list opens, so that quick typing, or pasting, would send the form instead.
 */
export function chooseByEnter(event: KeyboardEvent<HTMLInputElement>): void {
  const input = event.currentTarget;
  if (event.key !== 'Enter' || event.nativeEvent.isComposing || input.value === '') return;
  // Named only while it is open.
  const list = document.getElementById(input.getAttribute('aria-controls') ?? '');
  const find = (state: string): HTMLElement | undefined =>
    list?.querySelector<HTMLElement>(`[data-combobox-${state}]`) ?? undefined;
  const typed = find('active')?.textContent !== input.value;
  const match = find('selected') ?? find('option');
  if (!typed || !match) return;
  event.preventDefault();
  event.stopPropagation();
  match.click();
}
