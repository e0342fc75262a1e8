import { load } from './page';

// What only a person with an account needs. Where each of these is to be found is not for the first page to know.

export const AppLayout = () => load(import('../pages/AppLayout'), 'AppLayout', 'onboarding');
export const Home = () => load(import('../pages/Home'), 'Home', 'organization');
export const Organization = () =>
  load(import('../pages/organization/Organization'), 'Organization', 'organization');
export const Account = () =>
  load(import('../pages/account/Account'), 'Account', 'account', 'factors', 'links', 'passkeys');
export const StepPage = () => load(import('../pages/onboarding/StepPage'), 'StepPage', 'organization');
export const Admin = () => load(import('../admin/AdminOnly'), 'AdminOnly', 'admin');
