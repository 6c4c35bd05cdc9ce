/** An AbortSignal for the work of one request, so that it stops when the client disconnects. */
import type { ServerResponse } from 'node:http';

/** When the response has left the process, or its client is gone: at once if that was before. */
export function onClosed(response: ServerResponse, call: () => void): void {
  if (response.closed) call();
  else response.once('close', call);
}

/**
 * Fires when the client disconnects or has its whole answer. Created on first use: most requests need no upstream call.
 */
export const signalOfClient = (response: ServerResponse): (() => AbortSignal) =>
  signalOf((abort) => {
    onClosed(response, abort);
  });

/** `onGone` calls back when the client has disconnected, at once if it already has. */
export function signalOf(onGone: (abort: () => void) => void): () => AbortSignal {
  let signal: AbortSignal | undefined;
  return () => (signal ??= makeSignal(onGone));
}

function makeSignal(onGone: (abort: () => void) => void): AbortSignal {
  const controller = new AbortController();
  onGone(() => {
    controller.abort(CLIENT_GONE);
  });
  return controller.signal;
}

/** Shared: an abort without a reason creates an error with a stack each time. */
const CLIENT_GONE = new Error('the client is gone, or has its answer');
