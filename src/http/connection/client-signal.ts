/** An AbortSignal for the work of one request, so that it stops when the client disconnects. */
import type { ServerResponse } from 'node:http';
import type { LiveEvents } from '../../graphql/subscriptions/live-events.ts';

/** Calls back when the response was sent or its client has disconnected; at once if that was before. */
export function onClosed(response: ServerResponse, call: () => void): void {
  if (response.closed) call();
  else response.once('close', call);
}

/** The signal is created on first use: most requests need no upstream call. */
export function signalOfClient(response: ServerResponse): () => AbortSignal {
  let controller: AbortController | undefined;
  return () => {
    if (!controller) {
      const created = (controller = new AbortController());
      onClosed(response, () => {
        created.abort(CLIENT_GONE);
      });
    }
    return controller.signal;
  };
}

/** Shared: an abort without a reason creates an error with a stack each time. */
export const CLIENT_GONE = new Error('the client has disconnected, or has its answer');

/** Ends the events when the signal fires, also while the next event is awaited. */
export async function* eventsUntil(signal: AbortSignal, events: LiveEvents): LiveEvents {
  const end = () => void events.return(undefined);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  yield* events;
}
