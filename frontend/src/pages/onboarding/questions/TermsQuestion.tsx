import { Trans } from '@lingui/react/macro';
import { ConsentQuestion } from './YesNoQuestion';
import type { QuestionProps } from './question';

/** The terms of the onboarding that the service brings with it, which have pages of their own. */
export function TermsQuestion(props: QuestionProps) {
  const question = (
    <Trans>
      I have checked my answers and accept the{' '}
      <a href="/terms" target="_blank" rel="noopener">
        terms of use
      </a>
      . What we keep of you is in the{' '}
      <a href="/privacy" target="_blank" rel="noopener">
        privacy notice
      </a>
      .
    </Trans>
  );
  return <ConsentQuestion {...props} question={question} required />;
}
