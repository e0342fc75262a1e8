import { Outlet } from 'react-router';
import { ConnectionNotice } from '../ui/ConnectionNotice';

export function Root() {
  return (
    <>
      <Outlet />
      <ConnectionNotice />
    </>
  );
}
