/** Who owns an operation in the admission: its accepted caller, or else its network, since keys can be invented. */
import type { IncomingMessage } from 'node:http';
import type { Caller } from '../auth/caller.ts';
import type { Owner } from '../graphql/admission/room.ts';
import type { UnacceptedCaller } from '../graphql/operations/operation.ts';
import type { RateLimit } from '../graphql/operations/rate-limit.ts';
import type { ClientNetwork } from './connection/client-address.ts';

export type Owners = ReturnType<typeof createOwners>;

export interface OwnersOptions {
  /** Limit for each network. */
  readonly byNetwork: RateLimit;
  readonly isAccepted: (viewerId: string) => boolean;
  readonly networkOf: ClientNetwork;
  /** Connections over which an accepted caller has sent an operation. */
  readonly acceptedConnections: WeakSet<object>;
}

const BEHIND_PROXIES: Owner = { name: 'proxies', kind: 'proxy' };

export function createOwners({ byNetwork, isAccepted, networkOf, acceptedConnections }: OwnersOptions) {
  return {
    of({ viewer, name }: Caller, request: IncomingMessage): Owner {
      if (viewer && isAccepted(viewer.id)) {
        acceptedConnections.add(request.socket);
        return { name: `caller ${name ?? viewer.id}`, kind: 'caller' };
      }
      const { network, isProxy } = networkOf(request);
      return isProxy ? BEHIND_PROXIES : { name: `network ${network}`, kind: 'network' };
    },
    /** Null for a caller whose key is accepted. */
    unaccepted({ viewer }: Caller, request: IncomingMessage): UnacceptedCaller | null {
      if (viewer && isAccepted(viewer.id)) return null;
      return { take: (operations) => byNetwork.take(networkOf(request).network, operations) };
    },
  };
}
