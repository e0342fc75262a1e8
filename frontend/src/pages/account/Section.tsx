import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useLocation } from 'react-router';
import classes from './Account.module.css';

interface SectionProps {
  /** By which an address may lead here. */
  id?: string;
  title: string;
  lead?: ReactNode;
  children: ReactNode;
}

/** A part of the account page, with a heading that names it for everybody. */
export function Section({ id: anchor, title, lead, children }: SectionProps) {
  const id = useId();
  const ref = useRef<HTMLElement>(null);
  const { hash } = useLocation();
  const isMeant = anchor !== undefined && hash === `#${anchor}`;
  useEffect(() => {
    if (isMeant) ref.current?.scrollIntoView({ block: 'center' });
  }, [isMeant]);
  return (
    <section ref={ref} id={anchor} className={classes.section} aria-labelledby={id}>
      <div className={classes.about}>
        <h2 id={id}>{title}</h2>
        {lead && <p>{lead}</p>}
      </div>
      <div className={classes.body}>{children}</div>
    </section>
  );
}
