import { Link } from 'react-router';
import { Brand } from '../ui/Brand';
import { PageHeading } from '../ui/PageHeading';
import classes from './Message.module.css';

export function NotFound() {
  return (
    <main className={classes.message}>
      <Brand />
      <PageHeading
        title="Not found"
        heading="The path ends here"
        lead="There is no page at this address. It may have moved, or the link has a typing mistake."
      />
      <p>
        <Link to="/">Back to the start</Link>
      </p>
    </main>
  );
}
