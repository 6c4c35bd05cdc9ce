/**
 * Sockets whose key neither the gateway nor the upstream has accepted yet: a key can be invented. They are few for each network, and
 * in all.
 */

/** Clients open their sockets at the same time; 50 at once are usual behind one address. */
const MAX_OF_NETWORK = 100;
const MAX_IN_ALL = 200;

export function createUnacceptedSockets() {
  const networks = new Map<() => boolean, string>();

  return {
    /** False if this network, or all together, have as many as they may. */
    hasRoom(network: string): boolean {
      let ofNetwork = 0;
      for (const [isAccepted, other] of networks) {
        if (isAccepted()) networks.delete(isAccepted);
        else if (other === network) ofNetwork += 1;
      }
      return networks.size < MAX_IN_ALL && ofNetwork < MAX_OF_NETWORK;
    },
    /** `isAccepted` is called at each `hasRoom`: a key may be accepted at any time. Call the result when the socket is closed. */
    add(network: string, isAccepted: () => boolean): () => void {
      networks.set(isAccepted, network);
      return () => void networks.delete(isAccepted);
    },
  };
}
