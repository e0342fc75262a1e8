import { IconAlertTriangle, IconCircleCheck, IconInfoCircle } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import classes from './Callout.module.css';

const ICONS = { bad: IconAlertTriangle, note: IconInfoCircle, good: IconCircleCheck };

interface CalloutProps {
  tone: keyof typeof ICONS;
  title?: string;
  children?: ReactNode;
  action?: ReactNode;
}

/** A message that belongs to the whole form or page. Read out when it appears. */
export function Callout({ tone, title, children, action }: CalloutProps) {
  const Icon = ICONS[tone];
  return (
    <div className={classes.callout} data-tone={tone} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon size={22} stroke={1.75} aria-hidden className={classes.icon} />
      <div className={classes.text}>
        {title && <strong>{title}</strong>}
        {children && <div>{children}</div>}
        {action && <div className={classes.action}>{action}</div>}
      </div>
    </div>
  );
}
