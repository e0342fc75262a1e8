import type * as Api from '../generated';
import type { Options } from '../generated';
import type { TDataShape } from '../generated/client';
import { client } from '../generated/client.gen';

/*
 * The calls of admins. The generated functions are one module, which the page that signs people up would load whole; the
 * types are the generated ones, so that an address or a body that the service does not know is an error.
 */

const SECURITY: [{ scheme: 'bearer'; type: 'http' }] = [{ scheme: 'bearer', type: 'http' }];
const JSON_BODY = { 'Content-Type': 'application/json' };

function reads<D extends TDataShape & { url: string }, R>(url: D['url']) {
  return (options: Options<D, false>) =>
    client.get<R, unknown, false>({ ...options, security: SECURITY, url });
}

function changes<D extends TDataShape & { url: string }, R>(url: D['url']) {
  return (options: Options<D, false>) =>
    client.post<R, unknown, false>({ ...options, security: SECURITY, url, headers: JSON_BODY });
}

export const listUsers = reads<Api.ListUsersData, Api.ListUsersResponses>('/api/admin/users');
export const exportUsers = reads<Api.ExportUsersData, Api.ExportUsersResponses>('/api/admin/users.csv');
export const showUser = reads<Api.ShowUserData, Api.ShowUserResponses>('/api/admin/users/{id}');
export const suspendUser = changes<Api.SuspendUserData, Api.SuspendUserResponses>(
  '/api/admin/users/{id}/suspend',
);
export const restoreUser = changes<Api.RestoreUserData, Api.RestoreUserResponses>(
  '/api/admin/users/{id}/restore',
);
export const sendReset = changes<Api.SendResetData, Api.SendResetResponses>(
  '/api/admin/users/{id}/send-reset',
);
export const endSessions = changes<Api.EndSessionsData, Api.EndSessionsResponses>(
  '/api/admin/users/{id}/end-sessions',
);
export const listAuditLog = reads<Api.ListAuditLogData, Api.ListAuditLogResponses>('/api/admin/audit');
export const listMails = reads<Api.ListMailsData, Api.ListMailsResponses>('/api/admin/outbox');
export const replayMail = changes<Api.ReplayMailData, Api.ReplayMailResponses>(
  '/api/admin/outbox/{id}/replay',
);
export const listWebhooks = reads<Api.ListWebhooksData, Api.ListWebhooksResponses>('/api/admin/webhooks');
export const replayWebhook = changes<Api.ReplayWebhookData, Api.ReplayWebhookResponses>(
  '/api/admin/webhooks/{id}/replay',
);
export const replayWebhooks = changes<Api.ReplayWebhooksData, Api.ReplayWebhooksResponses>(
  '/api/admin/webhooks/replay',
);
export const listDomainClaims = reads<Api.ListDomainClaimsData, Api.ListDomainClaimsResponses>(
  '/api/admin/domain-claims',
);
export const approveDomain = changes<Api.ApproveDomainData, Api.ApproveDomainResponses>(
  '/api/admin/organizations/{id}/domains/{domain}/approve',
);
export const refuseDomain = changes<Api.RefuseDomainData, Api.RefuseDomainResponses>(
  '/api/admin/organizations/{id}/domains/{domain}/refuse',
);
export const showCluster = reads<Api.ShowClusterData, Api.ShowClusterResponses>('/api/admin/cluster');
export const funnel = reads<Api.FunnelData, Api.FunnelResponses>('/api/admin/funnel');
