import { screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test } from 'vitest';
import { AsPerson } from '../../test/AsPerson';
import { invitationTo } from '../../test/fake-organization';
import { service } from '../../test/network';
import { ADA, signedUp } from '../../test/person';
import { show } from '../../test/render';
import { showStep } from '../../test/wizard';
import { Home } from '../Home';
import { Organization } from './Organization';

const acme = () => service.organization;
const click = (name: string | RegExp) => userEvent.click(screen.getByRole('button', { name }));
const region = async (name: string) => within(await screen.findByRole('region', { name }));
const grace = {
  user: { ...({} as never as object), id: 'grace', full_name: 'Grace Hopper', email: 'grace@example.com' },
};

function open(page: React.ReactNode): void {
  show(<AsPerson>{page}</AsPerson>);
}

describe('the organization', () => {
  beforeEach(async () => {
    await signedUp();
  });

  describe('of an owner', () => {
    beforeEach(() => {
      acme().add(service.personByEmail(ADA.email), 'owner');
      acme().add(grace as never, 'member');
      open(<Organization />);
    });

    test('colleagues are invited, and each invitation says what came of it', async () => {
      acme().invitations.push(
        invitationTo('joined@example.com', 'member', 'accepted'),
        invitationTo('late@example.com', 'member', 'expired'),
      );
      const invite = await region('Invite colleagues');
      await invite.findByText('Has accepted the invitation');
      await userEvent.type(invite.getByLabelText('E-mail of a colleague'), 'mary@');
      await click('Invite');
      expect(invite.getByText('Use an address like name@example.com.')).toBeDefined();
      await userEvent.type(invite.getByLabelText('E-mail of a colleague'), 'example.com');
      await click('Invite');
      expect(await invite.findByText(/A mail is on its way to/)).toBeDefined();
      const items = invite.getAllByRole('listitem').map((item) => item.textContent);
      expect(items[0]).toMatch(/^mary@example.com.*Invited/);
      expect(items[2]).toMatch(/^late@example.com.*Expired/);
      await userEvent.type(invite.getByLabelText('E-mail of a colleague'), 'mary@example.com');
      await click('Invite');
      expect(await invite.findByText(/This address is invited already/)).toBeDefined();
    });

    test('an invitation is sent again, not too often, and withdrawn', async () => {
      acme().invitations.push(invitationTo('late@example.com', 'member', 'expired'));
      await screen.findByText(/Expired on/);
      await click('Send again: late@example.com');
      await screen.findByText(/The link works until/);
      await click('Send again: late@example.com');
      expect(await screen.findByText(/Wait ten minutes/)).toBeDefined();
      await click('Withdraw: late@example.com');
      expect(await screen.findByText('Withdrawn')).toBeDefined();
      expect(acme().invitations[0]?.state).toBe('revoked');
    });

    test('members get roles, are removed after a second question, and get the ownership', async () => {
      await screen.findByText('Grace Hopper');
      await click('Change what Grace Hopper may do');
      await click('Make an owner');
      await waitFor(() => expect(acme().members[1]?.role).toBe('owner'));
      await waitFor(() => expect(screen.queryByRole('dialog')).toBeNull());
      await click('Change what Grace Hopper may do');
      await click('Pass my ownership on');
      await click('Pass it on');
      await screen.findByText('You are a member of Acme.');
      expect(acme().members.map(({ role }) => role)).toEqual(['member', 'owner']);
      expect(screen.queryByRole('button', { name: /Change what/ })).toBeNull();
    });

    test('a member is removed after a second question', async () => {
      await screen.findByText('Grace Hopper');
      await click('Change what Grace Hopper may do');
      await click('Remove from the organization');
      await click('Cancel');
      expect(acme().members).toHaveLength(2);
      await click('Remove from the organization');
      await click('Remove');
      await waitFor(() => expect(screen.queryByText('Grace Hopper')).toBeNull());
    });

    test('a domain is claimed, waits for an admin, and is given up', async () => {
      const domains = await region('Domains');
      const field = await domains.findByLabelText('Domain of your mail addresses');
      expect(field).toHaveProperty('value', 'example.com');
      await userEvent.clear(field);
      await userEvent.type(field, 'gmail.com');
      await click('Claim it');
      expect(await domains.findByText(/This cannot be a domain of yours alone/)).toBeDefined();
      await userEvent.clear(field);
      await userEvent.type(field, 'example.com');
      await click('Claim it');
      expect(await domains.findByText('Claimed. An admin of this service looks at it')).toBeDefined();
      await click('Give up example.com');
      expect(await domains.findByText('No domain so far.')).toBeDefined();
    });

    test('is described anew, and left', async () => {
      const about = await region('About it');
      const name = await about.findByLabelText('Name');
      await userEvent.clear(name);
      await userEvent.type(name, 'Analytical Engines');
      await click('Save');
      expect(await about.findByText('That is saved.')).toBeDefined();
      expect(acme().name).toBe('Analytical Engines');
      await click('Leave the organization');
      await click('Leave');
      expect(await screen.findByText('A new organization')).toBeDefined();
    });
  });

  test('whoever belongs to none joins one that offers itself, or makes one', async () => {
    acme().offers = true;
    open(<Organization />);
    expect(await screen.findByText(/Has the domain of your address, and 12 members/)).toBeDefined();
    await userEvent.type(screen.getByLabelText('Name'), 'Looms');
    await click('Make it');
    expect(await screen.findByText('You are an owner of Looms.')).toBeDefined();
  });

  test('in the wizard, one that offers itself is joined, and its step is done', async () => {
    acme().offers = true;
    service.personByEmail(ADA.email).user.email_verified = true;
    await (await import('../../session/account')).refreshPerson();
    showStep('organization');
    await userEvent.click(await screen.findByRole('button', { name: 'Join' }));
    await screen.findByRole('heading', { level: 1, name: 'Make it yours' });
    const { state } = service.personByEmail(ADA.email);
    expect(state.steps[2]).toMatchObject({ status: 'completed', data: { name: 'Acme' } });
  });

  test('whoever was invited finds the step done, with nothing to fill in', async () => {
    acme().add(service.personByEmail(ADA.email), 'member');
    acme().fill(service.personByEmail(ADA.email));
    showStep('organization');
    expect(await screen.findByText('You belong to Acme')).toBeDefined();
    expect(screen.getByText('2 to 10 people')).toBeDefined();
    expect(screen.queryByRole('textbox')).toBeNull();
    expect(screen.getByRole('link', { name: 'Continue' }).getAttribute('href')).toBe(
      '/onboarding/preferences',
    );
  });

  test('after the onboarding, the overview has tasks, the organization and what was told', async () => {
    const person = service.personByEmail(ADA.email);
    for (const step of person.state.steps) step.status = step.key === 'preferences' ? 'skipped' : 'completed';
    Object.assign(person.state, { status: 'completed', completed_at: '2026-03-02T12:00:00Z' });
    acme().add(person, 'owner');
    acme().invitations.push(invitationTo('mary@example.com'));
    open(<Home />);
    const tasks = await region('First tasks');
    await waitFor(() => expect(tasks.getByRole('link', { name: /Invite a colleague.*Done/ })).toBeDefined());
    expect(tasks.getByText('4 are left')).toBeDefined();
    expect(tasks.getByRole('link', { name: 'Fill in: Preferences' })).toBeDefined();
    const card = await region('Acme');
    expect(card.getByText('1 member · You are an owner.')).toBeDefined();
    expect(await card.findByText('mary@example.com')).toBeDefined();
    expect(screen.getByText(/Finished on .*2.*2026/)).toBeDefined();
  });
});
