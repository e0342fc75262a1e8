import { type ReactNode, useEffect, useRef } from 'react';
import { titleOf } from '../app/brand';
import classes from './PageHeading.module.css';

interface PageHeadingProps {
  /** The document's title, where it should differ from the heading. */
  title: string;
  heading: ReactNode;
  lead?: ReactNode;
}

let opened = 0;

/**
 * The heading of a page. It takes the focus when the page opens, so that a screen reader says where one is and
 * the next Tab goes to the first control; not on the very first page, which the browser announces itself.
 */
export function PageHeading({ title, heading, lead }: PageHeadingProps) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    opened += 1;
    if (opened > 1) ref.current?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }, []);
  return (
    <div className={classes.block}>
      <title>{titleOf(title)}</title>
      <h1 ref={ref} tabIndex={-1} className={classes.heading}>
        {heading}
      </h1>
      {lead && <p className={classes.lead}>{lead}</p>}
    </div>
  );
}
