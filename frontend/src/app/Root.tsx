import { Suspense } from 'react';
import { Outlet, useLocation } from 'react-router';
import { AppSkeleton } from '../ui/AppSkeleton';
import { ConnectionNotice } from '../ui/ConnectionNotice';
import { askedProof } from '../session/proof';
import { Boundary } from './Boundary';
import { page } from './page';
import { useStore } from './useStore';

const StepUp = page(() => import('../pages/factors/StepUp'), 'StepUp', 'factors');

export function Root() {
  const { key } = useLocation();
  const proof = useStore(askedProof);
  return (
    <>
      <Boundary at={key}>
        <Suspense fallback={<AppSkeleton />}>
          <Outlet />
        </Suspense>
      </Boundary>
      {proof && (
        <Suspense>
          <StepUp asked={proof} />
        </Suspense>
      )}
      <ConnectionNotice />
    </>
  );
}
