import { Trans, useLingui } from '@lingui/react/macro';
import { Button, Popover, UnstyledButton, VisuallyHidden } from '@mantine/core';
import {
  IconChevronDown,
  IconLogout,
  IconSettings,
  IconUser,
  IconUsers,
  type TablerIcon,
} from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { storage } from '../api/storage';
import { TAB } from '../app/tab';
import { Drafts } from '../onboarding/drafts';
import { useWizard } from '../onboarding/WizardProvider';
import { signOut } from '../session/account';
import classes from './PersonMenu.module.css';

/** Who is logged in, and the way out. */
export function PersonMenu() {
  const { t } = useLingui();
  const { user, wizard } = useWizard();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  const leave = async (): Promise<void> => {
    setFailed(false);
    setBusy(true);
    try {
      // What other tabs have not sent is sent from here, since they end, too.
      wizard.takeOver(undefined, true);
      if (!(await wizard.sendAll())) return setFailed(true);
      await signOut();
      // The service has all that it would take, and this browser may be a shared one.
      new Drafts(storage, user.id, TAB).clear();
    } catch {
      setFailed(true);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Popover
      position="bottom-end"
      width={320}
      shadow="md"
      radius="md"
      trapFocus
      returnFocus
      withinPortal={false}
      withRoles={false}
      opened={open}
      onChange={setOpen}
    >
      <Popover.Target>
        <UnstyledButton
          className={classes.person}
          aria-haspopup="dialog"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <VisuallyHidden>
            <Trans>Account of {user.full_name}</Trans>
          </VisuallyHidden>
          <span className={classes.initials} aria-hidden="true">
            {initials(user.full_name)}
          </span>
          <IconChevronDown size={16} aria-hidden />
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown role="dialog" aria-label={t`Account`} className={classes.panel}>
        <div className={classes.who}>
          <strong>{user.full_name}</strong>
          <span>{user.email}</span>
        </div>
        <Ways isAdmin={user.role === 'admin'} onGo={() => setOpen(false)} />
        <Button
          variant="default"
          fullWidth
          loading={busy}
          leftSection={<IconLogout size={18} aria-hidden />}
          onClick={() => void leave()}
        >
          <Trans>Log out</Trans>
        </Button>
        {failed && (
          <p className={classes.failed} role="alert">
            <Trans>You are still logged in: the service could not be reached.</Trans>
          </p>
        )}
      </Popover.Dropdown>
    </Popover>
  );
}

/** Where the menu leads. */
function Ways({ isAdmin, onGo }: { isAdmin: boolean; onGo: () => void }) {
  return (
    <>
      <Way to="/account" icon={IconUser} onGo={onGo}>
        <Trans>Your account</Trans>
      </Way>
      <Way to="/organization" icon={IconUsers} onGo={onGo}>
        <Trans>Your organization</Trans>
      </Way>
      {isAdmin && (
        <Way to="/admin" icon={IconSettings} onGo={onGo}>
          <Trans>Admin area</Trans>
        </Way>
      )}
    </>
  );
}

interface WayProps {
  to: string;
  icon: TablerIcon;
  onGo: () => void;
  children: ReactNode;
}

/** One page that the menu leads to. */
function Way({ to, icon: Picture, onGo, children }: WayProps) {
  return (
    <Button
      component={Link}
      to={to}
      variant="default"
      fullWidth
      leftSection={<Picture size={18} aria-hidden />}
      onClick={onGo}
    >
      {children}
    </Button>
  );
}

/** First letters of the first and last name. */
export function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words.slice(0, 1);
  return ends.map((word) => Array.from(word ?? '')[0]?.toUpperCase() ?? '').join('');
}
