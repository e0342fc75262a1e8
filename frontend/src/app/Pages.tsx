import { useLingui } from '@lingui/react';
import { Navigate, Route, Routes } from 'react-router';
import { AuthLayout } from '../pages/AuthLayout';
import { GuestOnly, PersonOnly } from './gates';
import { pageOf } from './page';
import * as files from './page-files';
import { Root } from './Root';

const SignUp = pageOf(files.SignUp);
const LogIn = pageOf(files.LogIn);
const VerifyEmail = pageOf(files.VerifyEmail);
const ConfirmEmail = pageOf(files.ConfirmEmail);
const Invitation = pageOf(files.Invitation);
const ResetPassword = pageOf(files.ResetPassword);
const ForgotPassword = pageOf(files.ForgotPassword);
const ProviderReturn = pageOf(files.ProviderReturn);
const AppLayout = pageOf(files.AppLayout);
const Home = pageOf(files.Home);
const Organization = pageOf(files.Organization);
const Account = pageOf(files.Account);
const StepPage = pageOf(files.StepPage);
const Admin = pageOf(files.Admin);
const NotFound = pageOf(files.NotFound);
const LegalLayout = pageOf(files.LegalLayout);
const Terms = pageOf(files.Terms);
const Privacy = pageOf(files.Privacy);

/** Every address of the page. Each page is a file that is loaded when it is wanted (`page-files.ts`). */
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
