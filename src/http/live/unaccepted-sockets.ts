/**
 * Sockets whose key neither the gateway nor the upstream has accepted yet. Their number is limited, by network and in total, since
 * keys can be invented.
 */

/** Clients open their sockets at the same time; 50 at once are usual behind one address. */
const MAX_OF_NETWORK = 100;
const MAX_IN_ALL = 200;

export function createUnacceptedSockets() {
  const networks = new Map<() => boolean, string>();

  return {
    /** False if the limit of this network, or of all networks, is reached. */
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
