import { Trans } from '@lingui/react/macro';
import classes from './counted.module.css';

/** Below a long text: how much of it there is, and may be. For spreading into a `Textarea`. */
export function counted(text: string, max: number) {
  const length = Array.from(text.trim()).length;
  return {
    inputContainer: (input: React.ReactNode) => (
      <>
        {input}
        <p className={classes.count} data-over={length > max || undefined} aria-live={nearly(length, max)}>
          <Trans>
            {length} of {max} characters
          </Trans>
        </p>
      </>
    ),
  };
}

/** Read out where it begins to matter, not with every stroke. */
const nearly = (length: number, max: number): 'polite' | 'off' => (length > max * 0.9 ? 'polite' : 'off');
