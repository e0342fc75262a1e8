import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import type { StateWords } from '../people/people-words';

/** How far a message is. */
export const MESSAGE_STATES: Readonly<Record<string, StateWords>> = {
  waiting: { words: msg`Waiting`, tone: 'note' },
  sent: { words: msg`Sent`, tone: 'good' },
  dead: { words: msg`Given up`, tone: 'bad' },
};

/** What a mail is. */
export const MAIL_TYPES: Readonly<Record<string, MessageDescriptor>> = {
  verify_email: msg`Code for the address`,
  reset_password: msg`Link for a new password`,
  password_changed: msg`The password was changed`,
  way_in_added: msg`A way to log in was added`,
  way_in_removed: msg`A way to log in was removed`,
  passkey_disabled: msg`A passkey was switched off`,
  email_change_confirm: msg`Confirm the new address`,
  email_changed_notice: msg`The address was changed`,
  invitation: msg`Invitation`,
  onboarding_reminder: msg`Reminder`,
  onboarding_last_reminder: msg`Last reminder`,
  account_closing: msg`The account closes`,
  second_factor: msg`Second factor`,
};

/** What an event is. Receivers know it by its code. */
export const EVENT_TYPES: Readonly<Record<string, MessageDescriptor>> = {
  'user.registered': msg`Registered`,
  'user.email_verified': msg`Address verified`,
  'onboarding.step_completed': msg`Step completed`,
  'onboarding.completed': msg`Onboarding completed`,
  'onboarding.stuck': msg`Onboarding stuck`,
};
