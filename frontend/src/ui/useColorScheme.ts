import { useMantineColorScheme } from '@mantine/core';

/**
 * Reads and sets the appearance. Without `keepTransitions` the library would put a `<style>` into the page at each
 * change, which the content security policy forbids.
 */
export const useColorScheme = (): ReturnType<typeof useMantineColorScheme> =>
  useMantineColorScheme({ keepTransitions: true });
