import type { ReactNode } from 'react';
import { PasswordField } from '../ui/PasswordField';
import { advise } from './credentials';
import { PasswordMeter } from './PasswordMeter';

interface NewPasswordProps {
  label: string;
  /** Which the password must not be. */
  email: string;
  value: string;
  /** The form's props for the field; its error stands below the bars. */
  input: object & { error?: ReactNode };
}

/** A password that is being chosen, with live help. */
export function NewPassword({ label, email, value, input }: NewPasswordProps) {
  const { error, ...props } = input;
  return (
    <div>
      <PasswordField
        label={label}
        autoComplete="new-password"
        aria-describedby="password-advice"
        {...props}
        error={Boolean(error)}
      />
      <PasswordMeter id="password-advice" advice={advise(value, email)} error={error} />
    </div>
  );
}
