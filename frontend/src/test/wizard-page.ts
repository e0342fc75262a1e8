import { QueryClient } from '@tanstack/react-query';
import { storage } from '../api/storage';
import { DraftSync } from '../onboarding/draft-sync';
import { Drafts } from '../onboarding/drafts';
import type { NewStatus } from '../onboarding/saver';
import type { StepData } from '../onboarding/steps';
import { callsOver, Wizard } from '../onboarding/wizard';
import { service } from './network';
import { ADA } from './person';

/** The wizard of a page that was just opened: storage is as it was, memory is empty. */
export function openPage(userId: string, tab = 'tab-1'): Wizard {
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: 'always' } } });
  const drafts = new Drafts(storage, userId, tab);
  return new Wizard(callsOver(queries, userId), (saver) => new DraftSync(drafts, saver));
}

/** Submits a step of Ada's by `wizard`. */
export function submit(wizard: Wizard, key: string, status: NewStatus, data: StepData): Promise<unknown> {
  return wizard.submit({ key, status, data, template: service.personByEmail(ADA.email).state.template });
}

/** The status and data of a step of Ada's, as the service has them. */
export function stored(key: string): unknown {
  const step = service.personByEmail(ADA.email).state.steps.find((each) => each.key === key);
  return [step?.status, step?.data];
}
