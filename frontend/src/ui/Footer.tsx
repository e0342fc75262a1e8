import { Trans, useLingui } from '@lingui/react/macro';
import { Link } from 'react-router';
import { lastAnswerer } from '../api/connection';
import { isDebug } from '../app/debug';
import { useStore } from '../app/useStore';
import classes from './Footer.module.css';
import { LanguageSwitch } from './LanguageSwitch';

export function Footer() {
  return (
    <footer className={classes.footer}>
      <Link to="/terms">
        <Trans>Terms</Trans>
      </Link>
      <Link to="/privacy">
        <Trans>Privacy</Trans>
      </Link>
      <LanguageSwitch />
      {isDebug() && <Answerer />}
    </footer>
  );
}

/** Which instance of the service gave the last answer: for engineers. */
function Answerer() {
  const { t } = useLingui();
  const answerer = useStore(lastAnswerer);
  return (
    <span className={classes.answerer}>
      <span className={classes.dot} data-known={answerer !== undefined || undefined} aria-hidden="true" />
      {answerer ? (
        <span title={answerer.requestId && t`Request ${answerer.requestId}`}>
          <Trans>
            Answered by <strong data-testid="instance">{answerer.instance}</strong>
          </Trans>
        </span>
      ) : (
        <span>
          <Trans>Nothing asked of the service yet</Trans>
        </span>
      )}
    </span>
  );
}
