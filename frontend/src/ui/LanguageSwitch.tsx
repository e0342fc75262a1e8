import { useLingui } from '@lingui/react/macro';
import { chooseLanguage } from '../app/language';
import { type Language, LANGUAGES } from '../i18n/languages';
import classes from './Footer.module.css';

const CHOICES = Object.entries(LANGUAGES) as Array<[Language, string]>;

/** The languages of the page, each by its own name. */
export function LanguageSwitch() {
  const { t, i18n } = useLingui();
  return (
    <span className={classes.languages} role="group" aria-label={t`Language`}>
      {CHOICES.map(([language, name]) => (
        <button
          key={language}
          type="button"
          lang={language}
          aria-pressed={language === i18n.locale}
          // The page speaks it even where the account could not be told: the next choice tells it.
          onClick={() => void chooseLanguage(language).catch(() => undefined)}
        >
          {name}
        </button>
      ))}
    </span>
  );
}
