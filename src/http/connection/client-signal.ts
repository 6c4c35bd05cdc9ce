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

/** A client that waits for one operation of several on its connection. */
export interface WaitingClient {
  readonly signal: () => AbortSignal;
  readonly isGone: () => boolean;
  /** Call it when the client waits no longer. */
  readonly leave: () => void;
}

export function createWaitingClient(): WaitingClient {
  let isGone = false;
  let tell = (): void => undefined;
  return {
    signal: signalOf((abort) => {
      if (isGone) abort();
      else tell = abort;
    }),
    isGone: () => isGone,
    leave() {
      isGone = true;
      tell();
    },
  };
}

/** `onGone` calls back when the client has disconnected, at once if it already has. */
function signalOf(onGone: (abort: () => void) => void): () => AbortSignal {
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
