import { Suspense } from 'react';
import { Outlet, useLocation } from 'react-router';
import { AppSkeleton } from '../ui/AppSkeleton';
import { ConnectionNotice } from '../ui/ConnectionNotice';
import { Boundary } from './Boundary';

export function Root() {
  const { key } = useLocation();
  return (
    <>
      <Boundary at={key}>
        <Suspense fallback={<AppSkeleton />}>
          <Outlet />
        </Suspense>
      </Boundary>
      <ConnectionNotice />
    </>
  );
}
