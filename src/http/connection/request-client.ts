/** The client of one operation: whether it still waits for its answer. */
import type { ServerResponse } from 'node:http';
import type { Client } from '../../graphql/operations/operation.ts';

/** Shared: an abort without a reason creates an error with a stack each time. */
export const CLIENT_GONE = new Error('the client has disconnected, or has its answer');

/** Calls back when the response was sent or its client has disconnected; at once if that was before. */
export function onClosed(response: ServerResponse, call: () => void): void {
  if (response.closed) call();
  else response.once('close', call);
}

export class RequestClient implements Client {
  /** Null for an operation of a socket. */
  readonly #response: ServerResponse | null;
  #controller: AbortController | null;

  /** Without a controller the client is gone when the response is closed. */
  constructor(response: ServerResponse | null, controller: AbortController | null = null) {
    this.#response = response;
    this.#controller = controller;
  }

  /** Created on first use: most requests need no upstream call. */
  #created(): AbortController {
    if (this.#controller) return this.#controller;
    const controller = (this.#controller = new AbortController());
    if (this.#response) {
      onClosed(this.#response, () => {
        controller.abort(CLIENT_GONE);
      });
    }
    return controller;
  }

  signal(): AbortSignal {
    return this.#created().signal;
  }

  abort(): void {
    this.#created().abort(CLIENT_GONE);
  }

  isGone(): boolean {
    return this.#response ? this.#response.destroyed : this.signal().aborted;
  }
}
