import { createServer, type ServerResponse } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { listen, stop } from './local-server.ts';

/** Undefined values are left out of the token. */
export type Claims = Readonly<Record<string, unknown>>;

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export const ISSUER = 'https://login.example.com/';
export const AUDIENCE = 'stepgate';

export async function createSigningKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** Seconds since 1970, the unit of time in claims. */
export const secondsOf = (ms: number): number => Math.floor(ms / 1000);

/** An issuer of tokens: real key pairs, and its key set over real HTTP. */
export class Issuer {
  /** The keys of its key set. */
  keys: SigningKey[] = [];
  /** The number of requests for its keys. */
  requests = 0;
  /** The status of its answers in place of the keys; null: the keys. */
  failsWith: number | null = null;
  readonly #now: () => number;
  #released: Promise<unknown> = Promise.resolve();
  #server = createServer();
  #port = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  async open(): Promise<this> {
    this.keys = [await createSigningKey('first')];
    this.requests = 0;
    this.failsWith = null;
    this.#released = Promise.resolve();
    this.#server = createServer((_request, response) => {
      this.requests += 1;
      void this.#released.then(() => {
        this.#answer(response);
      });
    });
    this.#port = await listen(this.#server);
    return this;
  }

  get jwksUrl(): string {
    return `http://127.0.0.1:${this.#port}/jwks.json`;
  }

  /** The gateway's settings for tokens of this issuer. */
  get env(): Readonly<Record<string, string>> {
    return {
      UPSTREAM_AUTH: 'service',
      UPSTREAM_API_KEY: 'service-key',
      AUTH_JWKS: this.jwksUrl,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
    };
  }

  /** Requests wait from now on, until they are released. */
  hold(): { release(): void } {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#released = promise;
    return {
      release() {
        resolve(undefined);
      },
    };
  }

  /** A token, by default valid for five minutes and signed with the first key of the set. */
  async token(claims: Claims = {}, key = this.keys[0]): Promise<string> {
    if (!key) throw new Error('expected a key to sign with; the issuer has none');
    const all = { iss: ISSUER, aud: AUDIENCE, sub: 'ada', exp: secondsOf(this.#now()) + 300, ...claims };
    return new SignJWT(all).setProtectedHeader({ alg: key.alg, kid: key.kid }).sign(key.privateKey);
  }

  close(): Promise<void> {
    return stop(this.#server);
  }

  #answer(response: ServerResponse): void {
    response.writeHead(this.failsWith ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: this.keys.map(({ publicJwk }) => publicJwk) }));
  }
}
