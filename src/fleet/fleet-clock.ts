/**
 * Valkey's clock, as each gateway sees it: times that gateways tell one another are Valkey's. The offset is known up to the
 * time that the question took; conversions make data older, never younger.
 */
export interface FleetClock {
  /** A time of this gateway's clock, in Valkey's. Milliseconds since 1970. */
  readonly toFleet: (localMs: number) => number;
  readonly toLocal: (fleetMs: number) => number;
  /** How much later a converted time may have been. */
  readonly uncertaintyMs: number;
  /** Valkey's answer to TIME, between two readings of this gateway's clock. */
  measured(sentMs: number, valkeyMs: number, receivedMs: number): void;
  /** Another server, with another clock, may answer next. */
  forget(): void;
}

/** A better measurement is preferred to a newer one for so long: clocks drift apart slowly. */
const PREFERRED_MS = 10_000;

export function createFleetClock(): FleetClock {
  let least = 0;
  let most = 0;
  let measuredAt = -Infinity;
  return {
    toFleet: (localMs) => Math.floor(localMs + least),
    toLocal: (fleetMs) => Math.floor(fleetMs - most),
    get uncertaintyMs() {
      return Math.ceil(most - least) + 1;
    },
    measured(sentMs, valkeyMs, receivedMs) {
      const isOld = Math.abs(receivedMs - measuredAt) > PREFERRED_MS;
      if (!isOld && receivedMs - sentMs > most - least) return;
      least = valkeyMs - receivedMs;
      most = valkeyMs - sentMs;
      measuredAt = receivedMs;
    },
    forget() {
      measuredAt = -Infinity;
    },
  };
}
