/** The service's types under the names by which this page speaks of them. */
export type {
  OnboardingBody as Onboarding,
  SessionBody as SessionTokens,
  StaticDataBody as StaticData,
  StepBody as OnboardingStep,
  UserBody as User,
} from '../generated';
