import { useLingui } from '@lingui/react/macro';
import { useWizard } from '../../onboarding/WizardProvider';
import { PageHeading } from '../../ui/PageHeading';
import classes from './Account.module.css';
import { CloseSection } from './CloseSection';
import { DataSection } from './DataSection';
import { EmailSection } from './EmailSection';
import { FactorsSection } from './factors/FactorsSection';
import { NameSection } from './NameSection';
import { PasskeysSection } from './passkeys/PasskeysSection';
import { PasswordSection } from './PasswordSection';
import { SessionsSection } from './SessionsSection';

/** All that a person can do about the account itself. */
export function Account() {
  const { t } = useLingui();
  const { user } = useWizard();
  return (
    <div className={classes.page}>
      <PageHeading title={t`Account`} heading={t`Your account`} />
      <div className={classes.card}>
        <NameSection user={user} />
        <EmailSection user={user} />
        <PasswordSection user={user} />
        <PasskeysSection />
        <FactorsSection />
        <SessionsSection />
        <DataSection />
        <CloseSection />
      </div>
    </div>
  );
}
