/** Tells those who wait on a client's behalf that the client no longer does. */
import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';

/**
 * Fires when the client went away or has its whole answer: then nobody waits for what is still being loaded. Made when
 * it is first asked for, since most answers need no call.
 */
export function signalOfClient(response: ServerResponse): () => AbortSignal {
  let signal: AbortSignal | undefined;
  return () => (signal ??= signalOfClose(response));
}

function signalOfClose(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  // One operation may wait for many runs, each with a listener.
  setMaxListeners(0, controller.signal);
  const abort = () => {
    controller.abort(CLIENT_GONE);
  };
  if (response.closed) abort();
  else response.once('close', abort);
  return controller.signal;
}

/** Made once: without a reason, each signal would make one with a stack of its own. */
const CLIENT_GONE = new Error('the client is gone, or has its answer');
