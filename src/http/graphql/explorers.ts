/** Which explorer a browser gets at `/graphql`: the one it chose last, in a cookie. */
import type { Exchange } from '../exchange.ts';

export type Explorer = 'sandbox' | 'graphiql';

export interface ChosenExplorer {
  readonly explorer: Explorer;
  /** True if this request chooses it: by `?explorer=…`. */
  readonly isNew: boolean;
}

const COOKIE = 'stepgate-explorer';
const YEAR_S = 31_536_000;

export function chosenExplorer({ request, search }: Pick<Exchange, 'request' | 'search'>): ChosenExplorer {
  const named = new URLSearchParams(search).get('explorer');
  if (named === 'graphiql' || named === 'sandbox') return { explorer: named, isNew: true };
  const cookies = (request.headers.cookie ?? '').split(';').map((cookie) => cookie.trim());
  return { explorer: cookies.includes(`${COOKIE}=graphiql`) ? 'graphiql' : 'sandbox', isNew: false };
}

/** A wish, no secret: it is sent back to `/graphql` alone. */
export const explorerCookie = (explorer: Explorer, basePath: string): string =>
  `${COOKIE}=${explorer}; Path=${basePath}/graphql; Max-Age=${YEAR_S}; SameSite=Lax; HttpOnly`;
