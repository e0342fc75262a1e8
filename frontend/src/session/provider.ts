import { unwrap } from '../api';
import { finishOidc, listOidcProviders, startOidc } from '../generated';
import { begin } from './account';

export interface Provider {
  name: string;
  label: string;
}

/** What a provider's query says. */
export interface WayBack {
  state: string;
  code?: string;
  error?: string;
  iss?: string;
}

/** Whom people can log in by; nobody where that cannot be found out. */
export async function providers(): Promise<Provider[]> {
  try {
    return (await unwrap(listOidcProviders())).items;
  } catch {
    return [];
  }
}

/** Sends the browser to a provider. */
export async function leaveFor(provider: string): Promise<void> {
  const { authorization_url } = await unwrap(startOidc({ path: { provider }, body: {} }));
  window.location.assign(authorization_url);
}

/** One way back is handed in once, however often the page that does it is drawn. */
const underWay = new Map<string, Promise<void>>();

/** Begins the session of whoever was sent back. */
export function comeBackFrom(provider: string, way: WayBack): Promise<void> {
  const coming = underWay.get(way.state) ?? handIn(provider, way);
  underWay.set(way.state, coming);
  return coming;
}

async function handIn(provider: string, way: WayBack): Promise<void> {
  begin(await unwrap(finishOidc({ path: { provider }, body: { ...way, session: 'cookie' } })));
}
