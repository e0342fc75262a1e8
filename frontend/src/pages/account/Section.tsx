import { type ReactNode, useId } from 'react';
import classes from './Account.module.css';

interface SectionProps {
  title: string;
  lead?: ReactNode;
  children: ReactNode;
}

/** A part of the account page, with a heading that names it for everybody. */
export function Section({ title, lead, children }: SectionProps) {
  const id = useId();
  return (
    <section className={classes.section} aria-labelledby={id}>
      <div className={classes.about}>
        <h2 id={id}>{title}</h2>
        {lead && <p>{lead}</p>}
      </div>
      <div className={classes.body}>{children}</div>
    </section>
  );
}
