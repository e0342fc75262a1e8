import { unwrap } from '../api';
import { updateAccount } from '../generated';
import { type Language, PSEUDO } from '../i18n/languages';
import { localeNow, setLocale } from '../i18n/words';
import { noteUser } from '../session/account';
import { session } from '../session/session';

/** The person's choice: for this browser at once, and for the account, so for mails and other devices. */
export async function chooseLanguage(language: Language): Promise<void> {
  await setLocale(language);
  if (session.get().phase === 'person') await tellAccount(language);
}

/** Speaks the language of the account as soon as it is known. One that has none takes on the language of the page. */
export function followAccountLanguage(): void {
  let known: string | undefined;
  session.subscribe(() => {
    const now = session.get();
    if (now.phase !== 'person') return;
    const { id, language } = now.user;
    if (known === `${id} ${language}`) return;
    known = `${id} ${language}`;
    const locale = localeNow({ account: language });
    // Nothing is lost where one of these fails: the page goes on in the language that it speaks.
    if (language !== null) setLocale(locale).catch(() => undefined);
    else if (locale !== PSEUDO) tellAccount(locale).catch(() => undefined);
  });
}

async function tellAccount(language: Language): Promise<void> {
  noteUser(await unwrap(updateAccount({ body: { language } })));
}
