import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { IconCheck, IconChevronRight } from '@tabler/icons-react';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { skippedOf } from '../../onboarding/steps';
import { useWizard } from '../../onboarding/WizardProvider';
import { stepName } from '../../onboarding/words';
import { domainsQuery, invitationsQuery, membersQuery } from '../../organization/queries';
import { factorsQuery } from '../../session/factors';
import cards from '../onboarding/StepCards.module.css';
import classes from './Dashboard.module.css';
import { useOrganization } from './useOrganization';

interface Task {
  key: string;
  words: string;
  to: string;
  done: boolean;
}

/** What is worth doing after the onboarding. Gone when all of it is done. */
export function FirstTasks() {
  const tasks = useTasks();
  const done = tasks.filter((task) => task.done).length;
  if (done === tasks.length) return null;
  const open = tasks.length - done;
  return (
    <section aria-labelledby="first-tasks">
      <div className={classes.head}>
        <h2 id="first-tasks">
          <Trans>First tasks</Trans>
        </h2>
        <span>{plural(open, { one: '# is left', other: '# are left' })}</span>
      </div>
      <ul className={cards.cards}>
        {tasks.map((task) => (
          <li key={task.key}>
            <Link to={task.to} className={cards.card} data-done={task.done || undefined}>
              <span className={cards.mark} aria-hidden="true">
                {task.done && <IconCheck size={16} stroke={3} />}
              </span>
              <span className={cards.name}>{task.words}</span>
              {task.done && (
                <span className={cards.state}>
                  <Trans>Done</Trans>
                </span>
              )}
              <IconChevronRight size={20} stroke={1.75} aria-hidden className={cards.arrow} />
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function useTasks(): Task[] {
  const { user, state } = useWizard();
  const { data: organization, isOwner } = useOrganization();
  const factors = useQuery(factorsQuery(user.id));
  const belongs = organization !== undefined && organization !== null;
  const members = useInfiniteQuery({ ...membersQuery(user.id), enabled: belongs });
  const invitations = useInfiniteQuery({ ...invitationsQuery(user.id), enabled: belongs });
  const domains = useQuery({ ...domainsQuery(user.id), enabled: isOwner });
  const skipped = skippedOf(state).map((key) => {
    const name = stepName(state, key);
    return { key, words: t`Fill in: ${name}`, to: `/onboarding/${key}`, done: false };
  });
  const first = (pages: typeof members.data): number => pages?.pages[0]?.items.length ?? 0;
  const hasOthers = first(members.data) > 1 || (invitations.data?.pages[0]?.items.length ?? 0) > 0;
  return [
    { key: 'address', words: t`Confirm your address`, to: '/verify-email', done: user.email_verified },
    ...skipped,
    ...(belongs
      ? [{ key: 'invite', words: t`Invite a colleague`, to: '/organization', done: hasOthers }]
      : [{ key: 'join', words: t`Join or make an organization`, to: '/organization', done: false }]),
    {
      key: 'factor',
      words: t`Protect your log-in by a second step`,
      to: '/account#second-step',
      done: factors.data?.enabled === true,
    },
    ...(isOwner
      ? [
          {
            key: 'domain',
            words: t`Claim the domain of your mail addresses`,
            to: '/organization',
            done: (domains.data?.length ?? 0) > 0,
          },
        ]
      : []),
  ];
}
