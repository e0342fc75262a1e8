import { t } from '@lingui/core/macro';
import { PasswordInput, type PasswordInputProps } from '@mantine/core';
import { useState } from 'react';

/** A password, which can be shown by a button that the keyboard reaches, too. */
export function PasswordField(props: PasswordInputProps) {
  const [visible, setVisible] = useState(false);
  return (
    <PasswordInput
      visibilityToggleFocusable
      // The library tells it of the box about the field, which is no field.
      aria-invalid={props.error ? true : undefined}
      visible={visible}
      onVisibilityChange={setVisible}
      visibilityToggleButtonProps={{ 'aria-label': t`Show the password`, 'aria-pressed': visible }}
      {...props}
    />
  );
}
