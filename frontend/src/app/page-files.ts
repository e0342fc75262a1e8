import { load } from './load';

// Where each page is to be found, with the words that it needs. No React here: pages begin to load before React has come.

export const SignUp = () => load(import('../pages/SignUp'), 'SignUp');
export const LogIn = () => load(import('../pages/LogIn'), 'LogIn');
export const VerifyEmail = () => load(import('../pages/VerifyEmail'), 'VerifyEmail', 'links');
export const ConfirmEmail = () => load(import('../pages/ConfirmEmail'), 'ConfirmEmail', 'links');
export const Invitation = () => load(import('../pages/Invitation'), 'Invitation', 'links');
export const ResetPassword = () => load(import('../pages/ResetPassword'), 'ResetPassword', 'links');
export const ForgotPassword = () => load(import('../pages/ForgotPassword'), 'ForgotPassword', 'links');
export const ProviderReturn = () => load(import('../pages/ProviderReturn'), 'ProviderReturn', 'links');

export const AppLayout = () => load(import('../pages/AppLayout'), 'AppLayout', 'onboarding');
export const Home = () => load(import('../pages/Home'), 'Home', 'organization');
export const Organization = () =>
  load(import('../pages/organization/Organization'), 'Organization', 'organization');
export const Account = () =>
  load(import('../pages/account/Account'), 'Account', 'account', 'factors', 'links', 'passkeys');
export const StepPage = () => load(import('../pages/onboarding/StepPage'), 'StepPage', 'organization');
export const Admin = () => load(import('../admin/AdminOnly'), 'AdminOnly', 'admin');

export const LegalLayout = () => load(import('../pages/LegalLayout'), 'LegalLayout');
export const Terms = () => load(import('../pages/Legal'), 'Terms');
export const Privacy = () => load(import('../pages/Legal'), 'Privacy');
export const NotFound = () => load(import('../pages/NotFound'), 'NotFound');
