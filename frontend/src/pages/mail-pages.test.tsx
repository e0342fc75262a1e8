import { fireEvent, screen, waitFor } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import { dismiss, session } from '../session/session';
import { service } from '../test/network';
import { ADA, connect, signedUp } from '../test/person';
import { show } from '../test/render';
import { ConfirmEmail } from './ConfirmEmail';
import { ForgotPassword } from './ForgotPassword';
import { ResetPassword } from './ResetPassword';
import { VerifyEmail } from './VerifyEmail';

const mails = (email = ADA.email) => service.personByEmail(email).mails;
const newest = () => {
  const mail = mails().at(-1);
  if (!mail) throw new Error('no mail');
  return mail;
};
const box = (place: number) => screen.getByLabelText(`Digit ${place} of 6`);
const heading = (name: string) => screen.findByRole('heading', { level: 1, name });

describe('the digits of the mail after signing up', () => {
  beforeEach(async () => {
    await signedUp();
  });

  test('a pasted code confirms the address at once, blanks and all', async () => {
    show(<VerifyEmail />, '/verify-email');
    await heading('Check your mail');
    const { code } = newest();
    const text = ` ${code.slice(0, 3)} ${code.slice(3)}\n`;
    fireEvent.paste(box(4), { clipboardData: { getData: () => text } });
    await heading('Your address is confirmed');
    expect(session.get()).toMatchObject({ user: { email_verified: true } });
  });

  test('typed digit by digit, the focus goes along; Backspace goes back', async () => {
    show(<VerifyEmail />, '/verify-email');
    await userEvent.click(box(1));
    await userEvent.keyboard('12');
    expect(document.activeElement).toBe(box(3));
    await userEvent.keyboard('{Backspace}');
    expect(document.activeElement).toBe(box(2));
    expect((box(2) as HTMLInputElement).value).toBe('');
    await userEvent.keyboard(`x${newest().code.slice(1)}`);
    await heading('Your address is confirmed');
  });

  test('other digits are refused, the boxes emptied, and the first has the focus', async () => {
    show(<VerifyEmail />, '/verify-email');
    fireEvent.paste(box(1), { clipboardData: { getData: () => '999999' } });
    expect(await screen.findByText(/not the digits of the newest mail/)).toBeDefined();
    await waitFor(() => expect(document.activeElement).toBe(box(1)));
    expect((box(6) as HTMLInputElement).value).toBe('');
  });

  test('fewer than six are not sent', async () => {
    show(<VerifyEmail />, '/verify-email');
    const before = service.requests.length;
    await userEvent.click(screen.getByRole('button', { name: 'Confirm' }));
    expect(await screen.findByText('Enter all six digits of the mail.')).toBeDefined();
    expect(service.requests).toHaveLength(before);
  });

  test('the mail is sent again, and then there is a wait', async () => {
    show(<VerifyEmail />, '/verify-email');
    await userEvent.click(screen.getByRole('button', { name: 'Send the mail again' }));
    const waiting = await screen.findByRole('button', { name: /Send again in (60|59) s/ });
    expect(waiting).toHaveProperty('disabled', true);
    expect(mails()).toHaveLength(2);
  });

  test('the address is changed on the spot, and its own digits confirm it', async () => {
    show(<VerifyEmail />, '/verify-email');
    await userEvent.click(screen.getByRole('button', { name: 'Use another address' }));
    await userEvent.type(screen.getByLabelText('New e-mail'), 'ada@example.org');
    await userEvent.type(screen.getByLabelText('Your password'), 'not it');
    await userEvent.click(screen.getByRole('button', { name: 'Send the mail there' }));
    expect(await screen.findByText('This is not your password.')).toBeDefined();
    await userEvent.clear(screen.getByLabelText('Your password'));
    await userEvent.type(screen.getByLabelText('Your password'), ADA.password);
    await userEvent.click(screen.getByRole('button', { name: 'Send the mail there' }));
    expect(await screen.findByText('ada@example.org')).toBeDefined();
    fireEvent.paste(box(1), { clipboardData: { getData: () => newest().code } });
    await heading('Your address is confirmed');
    expect(session.get()).toMatchObject({ user: { email: 'ada@example.org' } });
  });
});

describe('links of mails', () => {
  beforeEach(async () => {
    await signedUp();
  });

  test('a good link confirms, on a device where nobody is logged in, too', async () => {
    dismiss();
    show(<VerifyEmail />, '/verify-email', `#token=${newest().token}`);
    await heading('Your address is confirmed');
    expect(screen.getByRole('link', { name: 'Log in' })).toBeDefined();
    expect(service.personByEmail(ADA.email).user.email_verified).toBe(true);
  });

  test('where the person is logged in, the page knows it at once', async () => {
    show(<VerifyEmail />, '/verify-email', `#token=${newest().token}`);
    await screen.findByRole('link', { name: 'Continue' });
    await waitFor(() => expect(session.get()).toMatchObject({ user: { email_verified: true } }));
  });

  test.each([
    ['used', 'This link has done its work', 'Continue'],
    ['expired', 'This link does not work any more', 'Get a new mail'],
  ] as const)('a link that is %s says so', async (state, words, way) => {
    newest().state = state;
    show(<VerifyEmail />, '/verify-email', `#token=${newest().token}`);
    await heading(words);
    expect(screen.getByRole('link', { name: way })).toBeDefined();
  });

  test('an outage leaves the link good, and it is tried again', async () => {
    service.faults.push(...Array.from({ length: 5 }, () => 'drop_before' as const));
    show(<VerifyEmail />, '/verify-email', `#token=${newest().token}`);
    await heading('We could not reach the service');
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await heading('Your address is confirmed');
    expect(service.personByEmail(ADA.email).user.email_verified).toBe(true);
  });

  test('the link to a new address makes it the account’s', async () => {
    mails().push({ kind: 'change', to: 'ada@example.org', code: '1', token: 'move', state: 'good' });
    show(<ConfirmEmail />, '/confirm-email', '#token=move');
    await heading('Your new address is confirmed');
    await waitFor(() => expect(session.get()).toMatchObject({ user: { email: 'ada@example.org' } }));
  });

  test('a link that was cut off is no dead end', async () => {
    show(<ConfirmEmail />, '/confirm-email');
    await heading('This link is not complete');
    expect(screen.getByRole('link', { name: 'Continue' })).toBeDefined();
  });
});

describe('a forgotten password', () => {
  beforeEach(async () => {
    await signedUp();
    dismiss();
    connect();
  });

  test('the answer is the same for an address without an account', async () => {
    show(<ForgotPassword />, '/forgot-password');
    await userEvent.type(screen.getByLabelText('E-mail'), 'nobody@example.com');
    await userEvent.click(screen.getByRole('button', { name: 'Send the link' }));
    await heading('Check your mail');
    expect(screen.getByText('nobody@example.com')).toBeDefined();
    expect(screen.getByRole('button', { name: /Send again in/ })).toHaveProperty('disabled', true);
  });

  test('the link leads to a new password, which the rules are told for', async () => {
    show(<ForgotPassword />, '/forgot-password');
    await userEvent.type(screen.getByLabelText('E-mail'), ADA.email);
    await userEvent.click(screen.getByRole('button', { name: 'Send the link' }));
    await heading('Check your mail');
    const first = show(<ResetPassword />, '/reset-password', `#token=${newest().token}`);
    await userEvent.type(screen.getByLabelText('New password'), 'short');
    await userEvent.click(screen.getByRole('button', { name: 'Change the password' }));
    expect(screen.getByText('Use at least 8 characters.')).toBeDefined();
    await userEvent.type(screen.getByLabelText('New password'), ' but longer now');
    await userEvent.click(screen.getByRole('button', { name: 'Change the password' }));
    await waitFor(() => expect(service.personByEmail(ADA.email).password).toBe('short but longer now'));
    first.unmount();
  });

  test.each([
    ['used', 'This link was used before'],
    ['expired', 'This link does not work any more'],
  ] as const)('a link that is %s says so, and leads to a new one', async (state, words) => {
    mails().push({ kind: 'reset', to: ADA.email, code: '1', token: 'reset-1', state });
    show(<ResetPassword />, '/reset-password', '#token=reset-1');
    await userEvent.type(screen.getByLabelText('New password'), 'a good long one');
    await userEvent.click(screen.getByRole('button', { name: 'Change the password' }));
    await heading(words);
    expect(screen.getByRole('link', { name: 'Get a new link' })).toBeDefined();
  });

  test('no secret of a mail is written down', async () => {
    mails().push({ kind: 'reset', to: ADA.email, code: '1', token: 'reset-secret', state: 'good' });
    service.faults.push(...Array.from({ length: 5 }, () => 'drop_before' as const));
    show(<ResetPassword />, '/reset-password', '#token=reset-secret');
    await userEvent.type(screen.getByLabelText('New password'), 'a good long one');
    await userEvent.click(screen.getByRole('button', { name: 'Change the password' }));
    await screen.findByText(/We could not reach the service/);
    expect(JSON.stringify({ ...window.localStorage })).not.toMatch(/reset-secret|good long/);
  });
});
