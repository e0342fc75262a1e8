import { page } from './page';

// What only a person with an account needs. Where each of these is to be found is not for the first page to know.

export const AppLayout = page(() => import('../pages/AppLayout'), 'AppLayout', 'onboarding');
export const Home = page(() => import('../pages/Home'), 'Home', 'organization');
export const Organization = page(
  () => import('../pages/organization/Organization'),
  'Organization',
  'organization',
);
export const Account = page(
  () => import('../pages/account/Account'),
  'Account',
  'account',
  'factors',
  'links',
);
export const StepPage = page(() => import('../pages/onboarding/StepPage'), 'StepPage', 'organization');
