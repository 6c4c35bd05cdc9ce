/** An issuer of tokens of the test's own: real key pairs, and its key set over real HTTP. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';

/** Undefined: not in the token. */
export type Claims = Readonly<Record<string, unknown>>;

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export interface Issuer {
  readonly jwksUrl: string;
  /** What the gateway must be told to take its tokens. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it lists. */
  keys: SigningKey[];
  /** How often it was asked for its keys. */
  readonly requests: number;
  /** Answers this status in place of its keys; null: its keys. */
  failsWith: number | null;
  /** From now on requests wait until they are released. */
  hold(): { release(): void };
  /** A token for five minutes, unless the claims say otherwise; by the first key that it lists. */
  token(claims?: Claims, key?: SigningKey): Promise<string>;
  close(): Promise<void>;
}

export const ISSUER = 'https://login.example.com/';
export const AUDIENCE = 'stepgate';

export async function createSigningKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid, alg, use: 'sig' } };
}

/** Seconds since 1970, as claims have it. */
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
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;

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
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
  return issuer;
}
