import { screen, waitFor, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { showAdmin } from '../../test/admin';
import { accountOf, FakeAdmin } from '../../test/fake-admin';

const address = () => screen.getByLabelText('address').textContent;

describe('the people', () => {
  let admin: FakeAdmin;

  beforeEach(() => {
    admin = new FakeAdmin();
  });

  test('are listed with their states, each with a way to the account', async () => {
    await showAdmin(admin, '/admin/people');
    const table = within(await screen.findByRole('table', { name: 'People' }));
    expect(table.getAllByRole('row')).toHaveLength(4);
    expect(table.getByRole('link', { name: 'Person 2' }).getAttribute('href')).toBe(
      '/admin/people/01890000-0000-7000-8000-000000000002',
    );
    expect(table.getAllByText('Stuck')).toHaveLength(3);
    expect(screen.getByText('3 in all')).toBeDefined();
  });

  test('are searched by what is in the address, and the address follows what is typed', async () => {
    await showAdmin(admin, '/admin/people?q=person%202');
    expect(await screen.findByText('1 in all')).toBeDefined();
    const search = screen.getByLabelText('Address or name');
    expect(search).toHaveProperty('value', 'person 2');
    await userEvent.clear(search);
    await userEvent.type(search, 'nobody');
    await waitFor(() => expect(address()).toBe('/admin/people?q=nobody'));
    expect(await screen.findByText('Nobody fits these filters.')).toBeDefined();
    await userEvent.selectOptions(screen.getByLabelText('Account'), 'suspended');
    expect(address()).toBe('/admin/people?q=nobody&status=suspended');
    await waitFor(() => expect(admin.asked.at(-1)).toBe('GET users?q=nobody&status=suspended'));
    await userEvent.click(screen.getByRole('button', { name: 'Clear the filters' }));
    expect(address()).toBe('/admin/people');
    expect(await screen.findByText('3 in all')).toBeDefined();
    expect(search).toHaveProperty('value', '');
  });

  test('come page by page, and only those near the screen are drawn', async () => {
    admin.people = Array.from({ length: 500 }, (_, n) => accountOf(n + 1));
    await showAdmin(admin, '/admin/people');
    expect(await screen.findByText('50 loaded, more as you scroll')).toBeDefined();
    const rows = within(screen.getByRole('table')).getAllByRole('row');
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.length).toBeLessThan(45);
  });

  test('that could not be read are told about, and read by another try', async () => {
    admin.faults.push(503, 503, 503, 503, 503);
    await showAdmin(admin, '/admin/people');
    expect(await screen.findByText(/We could not reach the service/)).toBeDefined();
    expect(screen.getByText('request-of-the-fault')).toBeDefined();
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('3 in all')).toBeDefined();
  });

  test('are downloaded as the filters leave them', async () => {
    const files: Blob[] = [];
    vi.spyOn(URL, 'createObjectURL').mockImplementation((file) => {
      files.push(file as Blob);
      return 'blob:people';
    });
    await showAdmin(admin, '/admin/people?role=admin');
    await userEvent.click(await screen.findByRole('button', { name: 'Download as CSV' }));
    await waitFor(() => expect(files).toHaveLength(1));
    expect(await files[0]?.text()).toBe('id,email\r\n');
    expect(admin.asked).toContain('GET users.csv?role=admin');
  });
});
