import { loadAhead, type PageFile } from './load';
import * as files from './page-files';

type PageFiles = readonly PageFile[];

/** What `Pages.tsx` draws by the first part of an address, for those with an account. */
const OF_PERSONS: Readonly<Record<string, PageFiles>> = {
  '': [files.AppLayout, files.Home],
  organization: [files.AppLayout, files.Organization],
  account: [files.AppLayout, files.Account],
  onboarding: [files.AppLayout, files.StepPage],
  admin: [files.AppLayout, files.Admin],
};

/** The same for whoever comes. */
const OF_ALL: Readonly<Record<string, PageFiles>> = {
  'sign-up': [files.SignUp],
  'log-in': [files.LogIn],
  login: [files.LogIn],
  'verify-email': [files.VerifyEmail],
  'confirm-email': [files.ConfirmEmail],
  invitation: [files.Invitation],
  'reset-password': [files.ResetPassword],
  'forgot-password': [files.ForgotPassword],
  oidc: [files.ProviderReturn],
  terms: [files.LegalLayout, files.Terms],
  privacy: [files.LegalLayout, files.Privacy],
};

/** Loads the pages of an address before the gates have said that these are the ones. */
export async function preload(pathname: string, maybePerson: boolean): Promise<void> {
  await Promise.all(pagesAt(pathname, maybePerson).map(loadAhead));
}

/** The pages that an address will lead to, as far as can be known before the service has said who is here. */
export function pagesAt(pathname: string, maybePerson: boolean): PageFiles {
  const part = pathname.split('/')[1] ?? '';
  const ofPersons = lookUp(OF_PERSONS, part);
  if (!ofPersons) return lookUp(OF_ALL, part) ?? [];
  if (maybePerson) return ofPersons;
  // Where the gates send those who have no session.
  return part === '' ? [files.SignUp] : [files.LogIn];
}

/** Whether what is drawn at an address begins with the person's state. */
export function needsOnboarding(pathname: string): boolean {
  return pagesAt(pathname, true).includes(files.AppLayout);
}

function lookUp(pages: Readonly<Record<string, PageFiles>>, part: string): PageFiles | undefined {
  return Object.hasOwn(pages, part) ? pages[part] : undefined;
}
