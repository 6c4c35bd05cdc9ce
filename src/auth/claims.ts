/** What a request says about its caller, and which parts of it an embedder's hook has read. */
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

export interface Claims {
  /** The key of `Authorization: Bearer …` or of a WebSocket's parameters, or null. */
  readonly credential: string | null;
  /** The headers of the request, or of a WebSocket's upgrade, by lower-case name. */
  readonly headers: Readonly<IncomingHttpHeaders>;
  /** The connection: its peer certificate, for mutual TLS. */
  readonly socket: Socket;
}

/** A hook that reads more headers than this depends on all of them. */
const MAX_NAMES = 20;

/**
 * Anything that a hook has ever read may decide its results, so it is part of each key, like HTTP's `Vary`. Reading
 * something new changes `version`, because earlier keys don't have that part.
 */
export class ReadClaims {
  version = 0;
  readonly #names = new Set<string>();
  readonly #connections = new WeakMap<Socket, number>();
  #readsAll = false;
  #readsSocket = false;
  #lastConnection = 0;

  keyOf({ credential, headers, socket }: Claims): string {
    const read = this.#readsAll ? headers : Array.from(this.#names, (name) => headers[name] ?? null);
    return JSON.stringify([credential, read, this.#readsSocket ? this.#numberOf(socket) : null]);
  }

  /** The claims for one call of the hook. */
  recorded({ credential, headers, socket }: Claims): Claims {
    const readName = (name: string | symbol) => {
      if (typeof name === 'string') this.#addName(name);
    };
    const readAll = () => {
      if (!this.#readsAll) this.version += 1;
      this.#readsAll = true;
    };
    const readSocket = () => {
      if (!this.#readsSocket) this.version += 1;
      this.#readsSocket = true;
    };
    const recording = new Proxy(headers, {
      get(target, name) {
        readName(name);
        return Reflect.get(target, name) as unknown;
      },
      has(target, name) {
        readName(name);
        return Reflect.has(target, name);
      },
      getOwnPropertyDescriptor(target, name) {
        readName(name);
        return Reflect.getOwnPropertyDescriptor(target, name);
      },
      ownKeys(target) {
        readAll();
        return Reflect.ownKeys(target);
      },
    });
    return {
      credential,
      headers: recording,
      get socket() {
        readSocket();
        return socket;
      },
    };
  }

  #addName(name: string): void {
    if (this.#names.has(name) || this.#readsAll) return;
    this.version += 1;
    if (this.#names.size < MAX_NAMES) this.#names.add(name);
    else this.#readsAll = true;
  }

  #numberOf(socket: Socket): number {
    const known = this.#connections.get(socket);
    if (known !== undefined) return known;
    this.#lastConnection += 1;
    this.#connections.set(socket, this.#lastConnection);
    return this.#lastConnection;
  }
}
