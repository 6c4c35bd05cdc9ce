/** Tells the work for a client that nobody waits for it any more. */
import { setMaxListeners } from 'node:events';
import type { ServerResponse } from 'node:http';

/**
 * Fires when the client went away or has its whole answer. Made when it is first asked for, since most answers need no
 * call.
 */
export function signalOfClient(response: ServerResponse): () => AbortSignal {
  return signalOf((abort) => {
    if (response.closed) abort();
    else response.once('close', abort);
  });
}

/** `onGone` calls back when the client is gone, at once if it is so already. */
export function signalOf(onGone: (abort: () => void) => void): () => AbortSignal {
  let signal: AbortSignal | undefined;
  return () => (signal ??= makeSignal(onGone));
}

function makeSignal(onGone: (abort: () => void) => void): AbortSignal {
  const controller = new AbortController();
  // One operation may wait for many runs, each with a listener.
  setMaxListeners(0, controller.signal);
  onGone(() => {
    controller.abort(CLIENT_GONE);
  });
  return controller.signal;
}

/** Made once: without a reason, each signal would make one with a stack of its own. */
const CLIENT_GONE = new Error('the client is gone, or has its answer');
