/** A transport with open connections, and how they end when the gateway stops. */

export interface LiveTransport {
  /** Ends every subscription with the protocol's message. */
  end(): void;
  /** Closes the remaining connections at once. */
  cut(): void;
  /** Resolves when none is open. */
  closed(): Promise<void>;
}

/** How long a client may take to read its last message. */
const GRACE_MS = 1000;

export async function endAll(transports: readonly LiveTransport[]): Promise<void> {
  for (const transport of transports) transport.end();
  const timer = setTimeout(() => {
    for (const transport of transports) transport.cut();
  }, GRACE_MS);
  await Promise.all(transports.map((transport) => transport.closed()));
  clearTimeout(timer);
}
