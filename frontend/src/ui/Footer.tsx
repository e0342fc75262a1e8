import { useStore } from '../app/store';
import { lastAnswerer } from '../api/connection';
import classes from './Footer.module.css';

/** Says which instance of the service gave the last answer. */
export function Footer() {
  const answerer = useStore(lastAnswerer);
  return (
    <footer className={classes.footer}>
      <span className={classes.dot} data-known={answerer !== undefined || undefined} aria-hidden="true" />
      {answerer ? (
        <span title={answerer.requestId && `Request ${answerer.requestId}`}>
          Answered by <strong data-testid="instance">{answerer.instance}</strong>
        </span>
      ) : (
        <span>Nothing asked of the service yet</span>
      )}
    </footer>
  );
}
