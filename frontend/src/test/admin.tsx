import { configure } from '@testing-library/react';
import { Outlet, Route, Routes, useLocation } from 'react-router';
import { Admin } from '../admin/Admin';
import type { FakeAdmin } from './fake-admin';
import { network } from './network';
import { signedUp } from './person';
import { showAt } from './render';

// Pages are loaded when they are shown first, which takes its time on a machine that does other things, too.
configure({ asyncUtilTimeout: 10_000 });

function Address() {
  const { pathname, search } = useLocation();
  return (
    <>
      <output aria-label="address">{pathname + search}</output>
      <Outlet />
    </>
  );
}

/** The admin area at `path`, over `admin`; the address is to be read beside it. */
export async function showAdmin(admin: FakeAdmin, path: string): Promise<void> {
  network.use(...admin.handlers());
  await signedUp();
  showAt(
    <Routes>
      <Route element={<Address />}>
        <Route path="admin/*" element={<Admin />} />
      </Route>
    </Routes>,
    path,
  );
}
