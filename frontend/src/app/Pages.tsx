import { lazy } from 'react';
import { useLingui } from '@lingui/react';
import { Navigate, Route, Routes } from 'react-router';
import { AuthLayout } from '../pages/AuthLayout';
import { GuestOnly, PersonOnly } from './gates';
import { page } from './page';
import { Root } from './Root';
import { signUpPage } from './preload';

/** A page for people with an account. Their list is a file of its own, so that the first page need not load it. */
function personPage(name: keyof typeof import('./person-pages')) {
  return lazy(async () => (await import('./person-pages'))[name]());
}

const SignUp = page(signUpPage, 'SignUp');
const LogIn = page(() => import('../pages/LogIn'), 'LogIn');
const VerifyEmail = page(() => import('../pages/VerifyEmail'), 'VerifyEmail', 'links');
const ConfirmEmail = page(() => import('../pages/ConfirmEmail'), 'ConfirmEmail', 'links');
const Invitation = page(() => import('../pages/Invitation'), 'Invitation', 'links');
const ResetPassword = page(() => import('../pages/ResetPassword'), 'ResetPassword', 'links');
const ForgotPassword = page(() => import('../pages/ForgotPassword'), 'ForgotPassword', 'links');
const ProviderReturn = page(() => import('../pages/ProviderReturn'), 'ProviderReturn', 'links');
const AppLayout = personPage('AppLayout');
const Home = personPage('Home');
const Organization = personPage('Organization');
const Account = personPage('Account');
const StepPage = personPage('StepPage');
const Admin = personPage('Admin');
const NotFound = page(() => import('../pages/NotFound'), 'NotFound');
const LegalLayout = page(() => import('../pages/LegalLayout'), 'LegalLayout');
const Terms = page(() => import('../pages/Legal'), 'Terms');
const Privacy = page(() => import('../pages/Legal'), 'Privacy');

/** Every address of the page. What only a person with an account needs is loaded when they have one. */
export function Pages() {
  // A change of language draws all of them anew.
  useLingui();
  return (
    <Routes>
      <Route element={<Root />}>
        <Route element={<GuestOnly />}>
          <Route element={<AuthLayout />}>
            <Route path="sign-up" element={<SignUp />} />
            <Route path="log-in" element={<LogIn />} />
          </Route>
        </Route>
        {/* Where mails and providers lead, whoever is here. */}
        <Route element={<AuthLayout />}>
          <Route path="verify-email" element={<VerifyEmail />} />
          <Route path="confirm-email" element={<ConfirmEmail />} />
          <Route path="invitation" element={<Invitation />} />
          <Route path="reset-password" element={<ResetPassword />} />
          <Route path="forgot-password" element={<ForgotPassword />} />
          <Route path="oidc/:provider" element={<ProviderReturn />} />
        </Route>
        <Route element={<PersonOnly />}>
          <Route element={<AppLayout />}>
            <Route index element={<Home />} />
            <Route path="organization" element={<Organization />} />
            <Route path="account" element={<Account />} />
            <Route path="onboarding/:step?" element={<StepPage />} />
          </Route>
          <Route path="admin/*" element={<Admin />} />
        </Route>
        <Route element={<LegalLayout />}>
          <Route path="terms" element={<Terms />} />
          <Route path="privacy" element={<Privacy />} />
        </Route>
        <Route path="home" element={<Navigate to="/" replace />} />
        {/* As mails spell it. */}
        <Route path="login" element={<Navigate to="/log-in" replace />} />
        <Route path="*" element={<NotFound />} />
      </Route>
    </Routes>
  );
}
