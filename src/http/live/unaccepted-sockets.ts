/** Sockets whose key neither the gateway nor the upstream has accepted yet: a key can be invented. They are few for each network, and in all. */

export interface UnacceptedSockets {
  /** False where this network, or all together, have as many as they may. */
  hasRoom(network: string): boolean;
  /** Call the result when the socket is closed. */
  add(network: string, isAccepted: IsAccepted): () => void;
}

/** Asked again and again: a key may be accepted at any time. */
export type IsAccepted = () => boolean;

/** Clients open their sockets side by side; 50 at once are usual behind one address. */
const MAX_OF_NETWORK = 100;
const MAX_IN_ALL = 1000;

export function createUnacceptedSockets(): UnacceptedSockets {
  /** One for each socket. */
  const byNetwork = new Map<string, Set<IsAccepted>>();
  let count = 0;

  function remove(network: string, isAccepted: IsAccepted): void {
    const ofNetwork = byNetwork.get(network);
    if (!ofNetwork?.delete(isAccepted)) return;
    count -= 1;
    if (ofNetwork.size === 0) byNetwork.delete(network);
  }

  function forgetAccepted(network: string): void {
    for (const isAccepted of byNetwork.get(network) ?? []) if (isAccepted()) remove(network, isAccepted);
  }

  return {
    hasRoom(network) {
      forgetAccepted(network);
      if (count >= MAX_IN_ALL) for (const other of [...byNetwork.keys()]) forgetAccepted(other);
      return count < MAX_IN_ALL && (byNetwork.get(network)?.size ?? 0) < MAX_OF_NETWORK;
    },
    add(network, isAccepted) {
      byNetwork.set(network, (byNetwork.get(network) ?? new Set()).add(isAccepted));
      count += 1;
      return () => {
        remove(network, isAccepted);
      };
    },
  };
}
