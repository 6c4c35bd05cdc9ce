/** The client of one operation: its connection, and the bytes reserved for it. */
import type { ServerResponse } from 'node:http';
import type { Client } from '../../graphql/operations/operation.ts';
import { NOTHING_HELD, type ClientBytes, type Release } from './client-bytes.ts';

/** Shared: an abort without a reason creates an error with a stack each time. */
export const CLIENT_GONE = new Error('the client has disconnected, or has its answer');

/** Calls back when the response was sent or its client has disconnected; at once if that was before. */
export function onClosed(response: ServerResponse, call: () => void): void {
  if (response.closed) call();
  else response.once('close', call);
}

export class RequestClient implements Client {
  readonly #bytes: ClientBytes;
  readonly #viewerId: string;
  /** Null for an operation of a socket. */
  readonly #response: ServerResponse | null;
  #controller: AbortController | null;
  readonly #releases = new Set<Release>();
  #isOver = false;

  /** Without a controller the client is gone when the response is closed. */
  constructor(
    bytes: ClientBytes,
    viewerId: string,
    response: ServerResponse | null,
    controller: AbortController | null = null,
  ) {
    this.#bytes = bytes;
    this.#viewerId = viewerId;
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

  hold(bytes: number): Release {
    return this.#keep(this.#bytes.hold(this.#viewerId, bytes));
  }

  async holdWhenFree(bytes: number): Promise<Release> {
    return this.#keep(await this.#bytes.holdWhenFree(this.#viewerId, bytes));
  }

  #keep(free: Release): Release {
    if (free === NOTHING_HELD) return free;
    const release = () => {
      this.#releases.delete(release);
      free();
    };
    if (this.#isOver) release();
    else this.#releases.add(release);
    return release;
  }

  /** Call it after the work: all bytes are released when the client has its answer, or is gone. */
  end(): void {
    const releaseAll = () => {
      this.#isOver = true;
      for (const release of this.#releases) release();
    };
    if (!this.#response) releaseAll();
    else if (this.#releases.size > 0) onClosed(this.#response, releaseAll);
  }
}
