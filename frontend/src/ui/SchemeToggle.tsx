import { t } from '@lingui/core/macro';
import { ActionIcon, useComputedColorScheme } from '@mantine/core';
import { IconMoon, IconSun } from '@tabler/icons-react';
import { useColorScheme } from './useColorScheme';

/** Switches between light and dark. */
export function SchemeToggle() {
  const { setColorScheme } = useColorScheme();
  const scheme = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const other = scheme === 'dark' ? 'light' : 'dark';
  const Icon = scheme === 'dark' ? IconSun : IconMoon;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      c="var(--ink-soft)"
      size={40}
      radius="xl"
      aria-label={other === 'dark' ? t`Use the dark appearance` : t`Use the light appearance`}
      onClick={() => setColorScheme(other)}
    >
      <Icon size={20} stroke={1.75} aria-hidden />
    </ActionIcon>
  );
}
