/** A transport with open connections, and how they end when the gateway stops. */

export interface LiveTransport {
  /** Ends every subscription with the protocol's message, and begins no more operations. Queries and mutations are answered. */
  end(): void;
  /** Closes the connections that have nothing but subscriptions, at once. */
  cut(): void;
  /** Resolves when none of these is open. Answers under way have as long as those over HTTP: see drain.ts. */
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
