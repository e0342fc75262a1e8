import { Button, type ButtonProps } from '@mantine/core';
import { useLingui } from '@lingui/react/macro';
import { IconRefresh } from '@tabler/icons-react';

type RefreshProps = Pick<ButtonProps, 'className' | 'loading'> & { onClick: () => void };

/** The button that reads a list anew. */
export function Refresh(props: RefreshProps) {
  const { t } = useLingui();
  return (
    <Button size="sm" variant="default" leftSection={<IconRefresh size={18} aria-hidden />} {...props}>
      {t`Refresh`}
    </Button>
  );
}
