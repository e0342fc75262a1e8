import { createBrowserRouter, Navigate } from 'react-router';
import { AuthLayout } from '../pages/AuthLayout';
import { NotFound } from '../pages/NotFound';
import { PageFailed } from '../pages/PageFailed';
import { AppSkeleton } from '../ui/AppSkeleton';
import { GuestOnly, PersonOnly } from './gates';
import { Root } from './Root';

/** Every address of the page. What only a person with an account needs is loaded when they have one. */
export const router = createBrowserRouter([
  {
    element: <Root />,
    errorElement: <PageFailed />,
    hydrateFallbackElement: <AppSkeleton />,
    children: [
      {
        element: <GuestOnly />,
        children: [
          {
            element: <AuthLayout />,
            children: [
              {
                path: 'sign-up',
                lazy: async () => ({ Component: (await import('../pages/SignUp')).SignUp }),
              },
              {
                path: 'log-in',
                lazy: async () => ({ Component: (await import('../pages/LogIn')).LogIn }),
              },
            ],
          },
        ],
      },
      {
        // Where mails lead, whoever is here.
        element: <AuthLayout />,
        children: [
          {
            path: 'verify-email',
            lazy: async () => ({ Component: (await import('../pages/VerifyEmail')).VerifyEmail }),
          },
          {
            path: 'confirm-email',
            lazy: async () => ({ Component: (await import('../pages/ConfirmEmail')).ConfirmEmail }),
          },
          {
            path: 'invitation',
            lazy: async () => ({ Component: (await import('../pages/Invitation')).Invitation }),
          },
          {
            path: 'reset-password',
            lazy: async () => ({ Component: (await import('../pages/ResetPassword')).ResetPassword }),
          },
          {
            path: 'forgot-password',
            lazy: async () => ({ Component: (await import('../pages/ForgotPassword')).ForgotPassword }),
          },
        ],
      },
      {
        element: <PersonOnly />,
        children: [
          {
            lazy: async () => ({ Component: (await import('../pages/AppLayout')).AppLayout }),
            children: [
              { index: true, lazy: async () => ({ Component: (await import('../pages/Home')).Home }) },
              {
                path: 'onboarding/:step?',
                lazy: async () => ({ Component: (await import('../pages/onboarding/StepPage')).StepPage }),
              },
            ],
          },
        ],
      },
      {
        lazy: async () => ({ Component: (await import('../pages/LegalLayout')).LegalLayout }),
        children: [
          { path: 'terms', lazy: async () => ({ Component: (await import('../pages/Legal')).Terms }) },
          { path: 'privacy', lazy: async () => ({ Component: (await import('../pages/Legal')).Privacy }) },
        ],
      },
      { path: 'home', element: <Navigate to="/" replace /> },
      // As mails spell it.
      { path: 'login', element: <Navigate to="/log-in" replace /> },
      { path: '*', element: <NotFound /> },
    ],
  },
]);
