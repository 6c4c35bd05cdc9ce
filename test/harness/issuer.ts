/** An issuer of tokens: real key pairs, and its key set over real HTTP. */
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

export interface Issuer {
  readonly jwksUrl: string;
  /** The gateway's settings for tokens of this issuer. */
  readonly environment: Readonly<Record<string, string>>;
  /** The keys of its key set. */
  keys: SigningKey[];
  /** The number of requests for its keys. */
  readonly requests: number;
  /** The status of its answers in place of the keys; null: the keys. */
  failsWith: number | null;
  /** Requests wait from now on, until they are released. */
  hold(): { release(): void };
  /** A token, by default valid for five minutes and signed with the first key of the set. */
  token(claims?: Claims, key?: SigningKey): Promise<string>;
  close(): Promise<void>;
}

export const ISSUER = 'https://login.example.com/';
export const AUDIENCE = 'stepgate';

export async function createSigningKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** Seconds since 1970, the unit of time in claims. */
export const secondsOf = (ms: number): number => Math.floor(ms / 1000);

export async function startIssuer(now: () => number): Promise<Issuer> {
  let requests = 0;
  let released: Promise<unknown> = Promise.resolve();
  const server = createServer((_request, response) => {
    requests += 1;
    void released.then(() => {
      answer(response);
    });
  });
  const answer = (response: ServerResponse): void => {
    response.writeHead(issuer.failsWith ?? 200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ keys: issuer.keys.map(({ publicJwk }) => publicJwk) }));
  };
  const jwksUrl = `http://127.0.0.1:${await listen(server)}/jwks.json`;

  const issuer: Issuer = {
    jwksUrl,
    environment: {
      UPSTREAM_AUTH: 'service',
      UPSTREAM_API_KEY: 'service-key',
      AUTH_JWKS: jwksUrl,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
    },
    keys: [await createSigningKey('first')],
    get requests() {
      return requests;
    },
    failsWith: null,
    hold() {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      released = promise;
      return {
        release() {
          resolve(undefined);
        },
      };
    },
    async token(claims: Claims = {}, key = issuer.keys[0]) {
      if (!key) throw new Error('expected a key to sign with; the issuer has none');
      const all = { iss: ISSUER, aud: AUDIENCE, sub: 'ada', exp: secondsOf(now()) + 300, ...claims };
      return new SignJWT(all).setProtectedHeader({ alg: key.alg, kid: key.kid }).sign(key.privateKey);
    },
    close: () => stop(server),
  };
  return issuer;
}
