import { t } from '@lingui/core/macro';
import type { Onboarding } from '../api/types';
import { askedIn, type Field } from './template';

// What the page says in the place of the texts of the onboarding that the service brings with it: in its own voice, and
// in each of its languages. Where a template says something else, its own words are shown.

interface BuiltInStep {
  /** The template's own English text, which these stand for. */
  of: string;
  /** Short, for the trail. */
  name: string;
  heading: string;
  lead: string;
}

export interface BuiltInField {
  of: string;
  label: string;
  /** What the form asks, where that is more than the label. */
  question?: string;
  help?: string;
  /** The message where nothing was given: the page wants an answer, although the template would do without. */
  needed?: string;
  /** What its values are called. */
  choices?: Record<string, string>;
}

const STEPS: Record<string, () => BuiltInStep> = {
  account: () => ({
    of: 'Create your account',
    name: t`Account`,
    heading: t`Your account is ready`,
    lead: t`This one was done the moment you signed up.`,
  }),
  profile: () => ({
    of: 'Your profile',
    name: t`Profile`,
    heading: t`Tell us about you`,
    lead: t`So that colleagues know who is writing, and times are shown in yours.`,
  }),
  organization: () => ({
    of: 'Your organization',
    name: t`Organization`,
    heading: t`Where do you work?`,
    lead: t`We set up your workspace around it.`,
  }),
  preferences: () => ({
    of: 'Your preferences',
    name: t`Preferences`,
    heading: t`Make it yours`,
    lead: t`All of this can wait. Skip it if you like.`,
  }),
  review: () => ({
    of: 'Review and finish',
    name: t`Review`,
    heading: t`One last look`,
    lead: t`Check what you told us, then finish.`,
  }),
};

const FIELDS: Record<string, () => BuiltInField> = {
  'profile.job_title': () => ({
    of: 'Job title',
    label: t`Job title`,
    needed: t`Tell us what you do.`,
  }),
  'profile.country': () => ({
    of: 'Country',
    label: t`Country`,
    needed: t`Choose the country you work in.`,
  }),
  'profile.time_zone': () => ({
    of: 'Time zone',
    label: t`Time zone`,
    needed: t`Choose your time zone.`,
  }),
  'profile.phone': () => ({
    of: 'Phone',
    label: t`Phone`,
    help: t`Optional. Only for when something is urgent.`,
  }),
  'profile.bio': () => ({
    of: 'About you',
    label: t`About you`,
    help: t`Optional. A line or two for colleagues.`,
  }),
  'organization.name': () => ({
    of: 'Name of the organization',
    label: t`Name`,
    needed: t`What is your organization called?`,
  }),
  'organization.size': () => ({
    of: 'How many people',
    label: t`Size`,
    question: t`How many people work there?`,
    needed: t`Choose how many people work there.`,
  }),
  'organization.role': () => ({
    of: 'Your role',
    label: t`Your role`,
    needed: t`Choose the role that fits best.`,
  }),
  'organization.website': () => ({ of: 'Website', label: t`Website` }),
  'preferences.locale': () => ({ of: 'Language and region', label: t`Dates and numbers` }),
  'preferences.theme': () => ({
    of: 'Theme',
    label: t`Appearance`,
    choices: { system: t`As the device`, light: t`Light`, dark: t`Dark` },
  }),
  'preferences.newsletter': () => ({
    of: 'News by mail',
    label: t`Newsletter`,
    help: t`How other teams work with it. Four times a year.`,
  }),
  'preferences.product_updates': () => ({
    of: 'Changes of the product by mail',
    label: t`Product updates`,
    help: t`A mail when something new can be done here. Once a month at most.`,
  }),
  'review.accepted_terms': () => ({
    of: 'I accept the terms',
    label: t`Terms`,
    needed: t`Please accept the terms to finish.`,
  }),
};

const isBuiltIn = (state: Onboarding): boolean => state.template.key === 'default';

export function builtInStep(state: Onboarding, key: string): BuiltInStep | undefined {
  const words = isBuiltIn(state) ? STEPS[key]?.() : undefined;
  return words?.of === askedIn(state, key)?.title['en'] ? words : undefined;
}

export function builtInField(state: Onboarding, step: string, field: Field): BuiltInField | undefined {
  const words = isBuiltIn(state) ? FIELDS[`${step}.${field.key}`]?.() : undefined;
  return words?.of === field.label['en'] ? words : undefined;
}
