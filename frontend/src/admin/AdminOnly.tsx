import { Route, Routes } from 'react-router';
import { pageOf } from '../app/page';
import * as files from '../app/page-files';
import { useStore } from '../app/useStore';
import { session } from '../session/session';
import { Admin } from './Admin';

const AppLayout = pageOf(files.AppLayout);
const NotFound = pageOf(files.NotFound);

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
