import { t } from '@lingui/core/macro';
import type { Onboarding } from '../../api/types';
import { useGoTo } from '../../app/useGoTo';
import type { NewStatus } from '../../onboarding/saver';
import { firstOpen, isDone, lastOf, nextOf, openBeforeEnd, stepOf } from '../../onboarding/steps';
import type { StepControl } from '../../onboarding/useStepForm';
import { useWizard } from '../../onboarding/WizardProvider';
import { useFailure } from '../../ui/useFailure';

/** The end of the path is being taken. Known above the form, which goes when the onboarding is completed. */
export interface Ending {
  finishing: boolean;
  setFinishing: (finishing: boolean) => void;
}

/** What happens when a step is done with: on to the next one, or, after the last one, to the end. */
export function useStepEnd(step: string, control: StepControl, { finishing, setFinishing }: Ending) {
  const { state, wizard } = useWizard();
  const goTo = useGoTo();
  const { failure, fail, say } = useFailure();
  const isEnd = (now: Onboarding): boolean =>
    lastOf(now) === step && (finishing || now.status !== 'completed');

  const goOn = (now: Onboarding): void => {
    const isLast = lastOf(now) === step;
    const next = isLast && !isDone(stepOf(now, firstOpen(now))) ? firstOpen(now) : nextOf(now, step);
    goTo(now.status === 'completed' && isLast ? '/' : `/onboarding/${next}`);
  };

  const finish = async (): Promise<void> => {
    await wizard.finish();
    goTo('/', { state: { finished: true } });
  };

  const end = async (status: NewStatus): Promise<void> => {
    say(undefined);
    if (isEnd(state) && openBeforeEnd(state).length > 0) {
      return document.getElementById('open-steps')?.querySelector('a')?.focus();
    }
    setFinishing(isEnd(state));
    try {
      const now = await control.submit(status);
      if (!now) return;
      // What was answered may have brought more steps.
      if (isEnd(now) && openBeforeEnd(now).length === 0) await finish();
      else goOn(now);
    } catch (error) {
      fail(error, t`Nothing is lost: press Finish again in a moment.`);
    } finally {
      setFinishing(false);
    }
  };

  return { end, goOn, finishing, isEnd: isEnd(state), failure: failure ?? control.failure };
}
