/**
 * Callers without an accepted key. Their operations count against their address. Keys take turns: few of an address, and few of
 * all, have operations in progress at a time. The others wait.
 */
import type { IncomingMessage } from 'node:http';
import { bulkhead, BulkheadRejectedError, type BulkheadPolicy } from 'cockatiel';
import type { Caller } from '../auth/caller.ts';
import type { UnacceptedCaller } from '../graphql/operations/operation.ts';
import type { RateLimit } from '../graphql/operations/rate-limit.ts';
import { GatewayError } from '../upstream/errors.ts';

export type UnacceptedCallers = ReturnType<typeof createUnacceptedCallers>;

export interface UnacceptedCallersOptions {
  readonly byAddress: RateLimit;
  readonly isAccepted: (viewerId: string) => boolean;
  /** The client's address, or the network that counts as one client. */
  readonly networkOf: (request: IncomingMessage) => string;
}

/** Limits in keys. */
const OF_NETWORK = { underWay: 16, waiting: 200 };
const IN_ALL = { underWay: 48, waiting: 1000 };

/** All operations of a key share one turn. */
interface Turn {
  operations: number;
  /** Resolves when the turn begins. */
  readonly come: Promise<undefined>;
  readonly end: () => void;
}

export function createUnacceptedCallers({ byAddress, isAccepted, networkOf }: UnacceptedCallersOptions) {
  const all = bulkhead(IN_ALL.underWay, IN_ALL.waiting);
  /** Turns of keys with operations in progress or waiting, by viewer, and the slots of each network. */
  const turns = new Map<string, Turn>();
  const networks = new Map<string, { readonly slots: BulkheadPolicy; keys: number }>();

  function begin(viewerId: string, network: string): Turn {
    const ofNetwork = networks.get(network) ?? { slots: bulkhead(OF_NETWORK.underWay, OF_NETWORK.waiting), keys: 0 };
    networks.set(network, ofNetwork);
    ofNetwork.keys += 1;
    const come = Promise.withResolvers<undefined>();
    const over = Promise.withResolvers<undefined>();
    const useSlot = () => {
      come.resolve(undefined);
      return over.promise;
    };
    ofNetwork.slots.execute(() => all.execute(useSlot)).catch(come.reject);
    const turn = {
      operations: 0,
      come: come.promise,
      end() {
        turns.delete(viewerId);
        ofNetwork.keys -= 1;
        if (ofNetwork.keys === 0) networks.delete(network);
        over.resolve(undefined);
      },
    };
    turns.set(viewerId, turn);
    return turn;
  }

  async function inTurn<T>(viewerId: string, network: string, run: () => Promise<T>): Promise<T> {
    const turn = turns.get(viewerId) ?? begin(viewerId, network);
    turn.operations += 1;
    try {
      await turn.come;
      return await run();
    } catch (error) {
      throw error instanceof BulkheadRejectedError ? tooMany() : error;
    } finally {
      turn.operations -= 1;
      if (turn.operations === 0) turn.end();
    }
  }

  return {
    /** Null for a caller whose key is accepted. */
    of({ viewer }: Caller, request: IncomingMessage): UnacceptedCaller | null {
      if (viewer && isAccepted(viewer.id)) return null;
      const network = networkOf(request);
      return {
        take: (operations) => byAddress.take(network, operations),
        inTurn: (run) => (viewer ? inTurn(viewer.id, network, run) : run()),
      };
    },
  };
}

const tooMany = (): GatewayError =>
  new GatewayError(
    'RATE_LIMITED',
    'Too many operations with keys that the upstream has not accepted yet. Try again later.',
    { retryAfterSeconds: 1 },
  );
