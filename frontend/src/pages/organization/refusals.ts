import { t } from '@lingui/core/macro';
import { ApiError } from '../../api/problem';

/** What the person can do about a refusal. Nothing where it has no words of its own. */
export function refusalOf(error: unknown): string | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const known = (WORDS as Partial<Record<string, () => string>>)[error.code];
  if (known) return known();
  return error.fields['domain'] ? WORDS.domain() : undefined;
}

const WORDS = {
  owner_required: () => t`Only owners may do this.`,
  last_owner: () => t`An organization needs an owner. Make somebody else one first.`,
  member_invited: () => t`A member of your organization has this address already.`,
  already_invited: () => t`This address is invited already. You can send that invitation again.`,
  email_not_verified: () => t`Confirm your own address first: then you can invite others.`,
  onboarding_incomplete: () => t`Finish your own onboarding first.`,
  invitation_closed: () => t`This invitation was accepted or withdrawn meanwhile.`,
  unknown_invitation: () => t`This invitation is not there any more.`,
  unknown_member: () => t`This person does not belong to your organization any more.`,
  resend_too_soon: () => t`A mail went there a moment ago. Wait ten minutes before you send another.`,
  invitation_limit: () => t`That is as many mails as a day allows, or as one invitation does.`,
  domain_taken: () => t`This domain belongs to another organization.`,
  domain_not_proved: () => t`You need a confirmed address at this domain yourself.`,
  too_many_domains: () => t`Your organization has ten domains already, which is as many as it can have.`,
  already_member: () => t`You belong to an organization already. Leave it first.`,
  no_offer: () => t`This organization does not offer itself to you any more.`,
  no_organization: () => t`You do not belong to an organization any more.`,
  domain: () => t`This cannot be a domain of yours alone. Check how it is spelled.`,
};
