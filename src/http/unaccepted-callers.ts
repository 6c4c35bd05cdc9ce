/**
 * Callers whose key neither the gateway nor the upstream has accepted yet, or who have none. Their operations count against their address, and take
 * turns: few of an address and of all are under way at a time, and the others wait.
 */
import type { IncomingMessage } from 'node:http';
import { bulkhead, BulkheadRejectedError, type BulkheadPolicy } from 'cockatiel';
import type { Caller } from '../auth/caller.ts';
import type { UnacceptedCaller } from '../graphql/operations/operation.ts';
import type { RateLimit } from '../graphql/operations/rate-limit.ts';
import { GatewayError } from '../upstream/errors.ts';

export interface UnacceptedCallers {
  /** Null for a caller whose key is accepted. */
  of(caller: Caller, request: IncomingMessage): UnacceptedCaller | null;
}

export interface UnacceptedCallersOptions {
  readonly byAddress: RateLimit;
  readonly isAccepted: (viewerId: string) => boolean;
  /** The address of the client, or the network of it that counts as one. */
  readonly networkOf: (request: IncomingMessage) => string;
}

const OF_NETWORK = { underWay: 16, waiting: 200 };
const IN_ALL = { underWay: 48, waiting: 1000 };

interface Turns {
  readonly slots: BulkheadPolicy;
  operations: number;
}

export function createUnacceptedCallers({
  byAddress,
  isAccepted,
  networkOf,
}: UnacceptedCallersOptions): UnacceptedCallers {
  const all = bulkhead(IN_ALL.underWay, IN_ALL.waiting);
  /** Of networks with operations under way. */
  const networks = new Map<string, Turns>();

  async function inTurn<T>(network: string, run: () => Promise<T>): Promise<T> {
    const turns = networks.get(network) ?? { slots: bulkhead(OF_NETWORK.underWay, OF_NETWORK.waiting), operations: 0 };
    networks.set(network, turns);
    turns.operations += 1;
    try {
      return await turns.slots.execute(() => all.execute(run));
    } catch (error) {
      throw error instanceof BulkheadRejectedError ? tooMany() : error;
    } finally {
      turns.operations -= 1;
      if (turns.operations === 0) networks.delete(network);
    }
  }

  return {
    of({ viewer }, request) {
      if (viewer && isAccepted(viewer.id)) return null;
      const network = networkOf(request);
      return {
        take: (operations) => byAddress.take(network, operations),
        inTurn: (run) => inTurn(network, run),
      };
    },
  };
}

const tooMany = (): GatewayError =>
  new GatewayError(
    'RATE_LIMITED',
    'Too many operations are under way whose key the upstream has not accepted yet. Try again later.',
    { retryAfterSeconds: 1 },
  );
