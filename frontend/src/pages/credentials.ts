import { plural, t } from '@lingui/core/macro';
import { NAME_MAX, PASSWORD_MAX, PASSWORD_MIN } from 'virtual:api-rules';
/** What the page says about credentials before the service does. Its rules are the service's. */

export type Strength = 'empty' | 'short' | 'weak' | 'fair' | 'strong';

export interface PasswordAdvice {
  strength: Strength;
  /** Shown under the field while typing. */
  hint: string;
  /** Why it would be refused. */
  error: string | undefined;
}

const refuse = (error: string, hint = error): PasswordAdvice => ({ strength: 'short', hint, error });

/** Length counts, rules of composition do not help (NIST SP 800-63B, section 3.1.1.2). */
export function advise(password: string, email: string): PasswordAdvice {
  const length = Array.from(password).length;
  if (length === 0) {
    return {
      strength: 'empty',
      hint: t`At least ${PASSWORD_MIN} characters. A few words in a row work well.`,
      error: t`Choose a password.`,
    };
  }
  if (length < PASSWORD_MIN) {
    const more = PASSWORD_MIN - length;
    return refuse(
      t`Use at least ${PASSWORD_MIN} characters.`,
      plural(more, { one: '# more character to go.', other: '# more characters to go.' }),
    );
  }
  if (length > PASSWORD_MAX) return refuse(t`Use at most ${PASSWORD_MAX} characters.`);
  if (password.toLowerCase() === email.trim().toLowerCase()) {
    return refuse(t`Your e-mail address is the first thing anybody would try.`);
  }
  if (new Set(password.toLowerCase()).size < 5) {
    return {
      strength: 'weak',
      hint: t`Long enough, but easy to guess. Mix in a word or two.`,
      error: undefined,
    };
  }
  if (length < 12)
    return { strength: 'fair', hint: t`Fine. Four more characters make it strong.`, error: undefined };
  return { strength: 'strong', hint: t`Strong.`, error: undefined };
}

export function emailError(email: string): string | undefined {
  const text = email.trim();
  if (text === '') return t`Enter your e-mail address.`;
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) ? undefined : t`Use an address like name@example.com.`;
}

export function nameError(name: string): string | undefined {
  const length = Array.from(name.trim()).length;
  if (length === 0) return t`Tell us your name.`;
  return length > NAME_MAX ? t`Use at most ${NAME_MAX} characters.` : undefined;
}
