import { Link } from 'react-router';
import { lastAnswerer } from '../api/connection';
import { isDebug } from '../app/debug';
import { useStore } from '../app/store';
import classes from './Footer.module.css';

export function Footer() {
  return (
    <footer className={classes.footer}>
      <Link to="/terms">Terms</Link>
      <Link to="/privacy">Privacy</Link>
      {isDebug() && <Answerer />}
    </footer>
  );
}

/** Which instance of the service gave the last answer: for engineers. */
function Answerer() {
  const answerer = useStore(lastAnswerer);
  return (
    <span className={classes.answerer}>
      <span className={classes.dot} data-known={answerer !== undefined || undefined} aria-hidden="true" />
      {answerer ? (
        <span title={answerer.requestId && `Request ${answerer.requestId}`}>
          Answered by <strong data-testid="instance">{answerer.instance}</strong>
        </span>
      ) : (
        <span>Nothing asked of the service yet</span>
      )}
    </span>
  );
}
