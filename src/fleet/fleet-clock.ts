/**
 * Converts times to Valkey's clock, which all gateways share, and back. The offset is known up to the round trip of TIME:
 * conversions make data older, never younger.
 */
export interface FleetClock {
  /** Converts a time of this gateway's clock. Milliseconds since 1970. */
  readonly toFleet: (localMs: number) => number;
  readonly toLocal: (fleetMs: number) => number;
  /** How much later the exact time may be, in milliseconds. */
  readonly uncertaintyMs: number;
  /** Records Valkey's answer to TIME, with this gateway's time before and after. */
  measured(sentMs: number, valkeyMs: number, receivedMs: number): void;
  /** Call it when another server, with another clock, may answer next. */
  forget(): void;
}

/** A more exact measurement is kept for this long before a newer one: clocks drift slowly. */
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
