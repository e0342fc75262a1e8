import { t } from '@lingui/core/macro';

/** What the service calls a device, “Firefox on Windows”, in the language of the page. */
export function deviceName(device: string): string {
  const [, browser, system] = /^(.+) on (.+)$/.exec(device) ?? [];
  return browser && system ? t`${browser} on ${system}` : device;
}
