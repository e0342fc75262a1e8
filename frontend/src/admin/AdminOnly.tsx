import { lazy } from 'react';
import { Route, Routes } from 'react-router';
import { page } from '../app/page';
import { AppLayout as loadAppLayout } from '../app/person-pages';
import { useStore } from '../app/store';
import { session } from '../session/session';
import { Admin } from './Admin';

const AppLayout = lazy(loadAppLayout);
const NotFound = page(() => import('../pages/NotFound'), 'NotFound');

/** What is for admins alone is not there for others. The service judges each call by itself. */
export function AdminOnly() {
  const state = useStore(session);
  if (state.phase !== 'person' || state.user.role !== 'admin') return <NotFound />;
  return (
    <Routes>
      <Route element={<AppLayout />}>
        <Route path="*" element={<Admin />} />
      </Route>
    </Routes>
  );
}
