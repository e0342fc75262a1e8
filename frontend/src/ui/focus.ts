/** Moves the focus to the first field with an error, once the page shows it. */
export function focusFirstError(form: HTMLElement | null): void {
  requestAnimationFrame(() => {
    const invalid = form?.querySelector<HTMLElement>('[aria-invalid="true"]');
    const field = invalid?.matches('input, textarea, select, button')
      ? invalid
      : invalid?.querySelector<HTMLElement>('input:checked, input');
    field?.focus();
  });
}
