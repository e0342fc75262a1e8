import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';
import classes from './Dialog.module.css';

interface DialogProps {
  title: string;
  lead?: ReactNode;
  /** Escape was pressed, or the page behind was. */
  onClose: () => void;
  children: ReactNode;
}

/**
 * A question that the page waits for. The browser's own modal dialog: it keeps the focus inside, gives it back
 * afterwards, and hides the rest from assistive technology.
 */
export function Dialog({ title, lead, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const dialog = ref.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={ref}
      className={classes.dialog}
      aria-labelledby={`${id}-title`}
      aria-describedby={lead ? `${id}-lead` : undefined}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div className={classes.content}>
        <h2 id={`${id}-title`}>{title}</h2>
        {lead && <p id={`${id}-lead`}>{lead}</p>}
        {children}
      </div>
    </dialog>
  );
}
