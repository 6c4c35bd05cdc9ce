/**
 * Sockets whose key neither the gateway nor the upstream has accepted yet: a key can be invented. They are few for each network, and
 * in all.
 */

export interface UnacceptedSockets {
  /** False if this network, or all together, have as many as they may. */
  hasRoom(network: string): boolean;
  /** `isAccepted` is called at each `hasRoom`: a key may be accepted at any time. Call the result when the socket is closed. */
  add(network: string, isAccepted: () => boolean): () => void;
}

/** Clients open their sockets at the same time; 50 at once are usual behind one address. */
const MAX_OF_NETWORK = 100;
const MAX_IN_ALL = 200;

export function createUnacceptedSockets(): UnacceptedSockets {
  const networks = new Map<() => boolean, string>();

  return {
    hasRoom(network) {
      let ofNetwork = 0;
      for (const [isAccepted, other] of networks) {
        if (isAccepted()) networks.delete(isAccepted);
        else if (other === network) ofNetwork += 1;
      }
      return networks.size < MAX_IN_ALL && ofNetwork < MAX_OF_NETWORK;
    },
    add(network, isAccepted) {
      networks.set(isAccepted, network);
      return () => void networks.delete(isAccepted);
    },
  };
}
