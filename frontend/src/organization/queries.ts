import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { unwrap } from '../api';
import { ApiError } from '../api/problem';
import {
  getOrganization,
  listDomains,
  listInvitations,
  listMembers,
  listOffers,
  type OrganizationBody,
} from '../generated';

/** The beginning of every key below: what to ask anew when the organization, or one's place in it, has changed. */
export const organizationKey = (userId: string) => ['organization', userId] as const;

/** What the person belongs to; `null` where that is nothing. */
export function organizationQuery(userId: string) {
  return queryOptions({
    queryKey: [...organizationKey(userId), 'own'],
    queryFn: async ({ signal }): Promise<OrganizationBody | null> => {
      try {
        return await unwrap(getOrganization({ signal }));
      } catch (error) {
        if (error instanceof ApiError && error.code === 'no_organization') return null;
        throw error;
      }
    },
  });
}

/** Organizations that the person may join by the domain of their address. */
export function offersQuery(userId: string) {
  return queryOptions({
    queryKey: [...organizationKey(userId), 'offers'],
    queryFn: async ({ signal }) => (await unwrap(listOffers({ signal }))).items,
  });
}

export function membersQuery(userId: string) {
  return infiniteQueryOptions({
    queryKey: [...organizationKey(userId), 'members'],
    queryFn: ({ signal, pageParam }) => unwrap(listMembers({ signal, query: asCursor(pageParam) })),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
}

/** The invitations that the person may see, the newest first. */
export function invitationsQuery(userId: string) {
  return infiniteQueryOptions({
    queryKey: [...organizationKey(userId), 'invitations'],
    queryFn: ({ signal, pageParam }) => unwrap(listInvitations({ signal, query: asCursor(pageParam) })),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next_cursor }) => next_cursor,
  });
}

export function domainsQuery(userId: string) {
  return queryOptions({
    queryKey: [...organizationKey(userId), 'domains'],
    queryFn: async ({ signal }) => (await unwrap(listDomains({ signal }))).items,
  });
}

function asCursor(cursor: string | null): { cursor?: string } {
  return cursor === null ? {} : { cursor };
}
