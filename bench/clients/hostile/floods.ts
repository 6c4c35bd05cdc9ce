/** Hostile owners that send as fast as they are answered. */
import { createHash, randomBytes } from 'node:crypto';
import { MISSING_RUN, REFUSED_KEY, runIdOf } from '../../fixture-runs.ts';
import { ISSUER } from '../../issuer.ts';
import { runBody, runsBody } from '../../queries.ts';
import { flood } from './flood.ts';
import { bodyOf, commented, HOSTILE_KEY, longAliases, manyFragments, ordinaryRun } from './operations.ts';
import type { Target } from './tally.ts';

const CONNECTIONS = { connections: 32 };
const authorization = HOSTILE_KEY;

/** The header of a trusted proxy. Each number has another address, so that no limit by address is reached. */
export const fromAddress = (index: number) => ({
  'x-forwarded-for': `10.${(index >> 16) & 255}.${(index >> 8) & 255}.${index & 255}`,
});

/** Without a key: operations of 100 KB to 1 MB, all different, a quarter from one address. */
export const anonymous = (target: Target): Promise<void> =>
  flood(target, CONNECTIONS, (index) => ({
    headers: index % 4 === 0 ? {} : fromAddress(index),
    body: bodyOf(commented(index, 100_000 + ((index * 7919) % (index % 2 === 0 ? 30_000 : 900_000)))),
  }));

/** With a key: valid operations of 27 KB, each sent three times. Half of them can be compiled. */
export const documents = (target: Target): Promise<void> =>
  flood(target, CONNECTIONS, (count) => {
    const index = Math.floor(count / 3);
    const runId = ordinaryRun(index);
    const text = index % 2 === 0 ? longAliases(index, 27_000, runId) : manyFragments(index, runId);
    return { headers: { authorization }, body: bodyOf(text) };
  });

/** With a key: one known operation, over connections that stay open and over new ones. Its answer is cached. */
export async function connections(target: Target): Promise<void> {
  const known = { headers: { authorization }, body: runBody(ordinaryRun(0)) };
  await Promise.all([true, false].map((keepAlive) => flood(target, { connections: 500, keepAlive }, () => known)));
}

const RUNS_OF_MADE_UP_KEY = 100;

/** Each with its own key, half of them from one address. The upstream rejects the key, or doesn't know the runs. */
export const madeUpKeys = (target: Target): Promise<void> =>
  flood(target, CONNECTIONS, (index) => {
    const isRefused = index % 4 < 2;
    const authorization = isRefused ? `${REFUSED_KEY}${index}` : `Bearer made-up-${index}`;
    const prefix = isRefused ? ordinaryRun(index) : `${MISSING_RUN}${index}`;
    const ids = Array.from({ length: RUNS_OF_MADE_UP_KEY }, (_, run) => `${prefix}-${run}`);
    return { headers: { authorization, ...(index % 2 === 0 && fromAddress(index)) }, body: runsBody(ids) };
  });

const SLOW_NETWORKS = 3;
/** Each waits for its answer: ten requests a second of each network, as long as answers take less than `everyMs`. */
const SLOW = { connections: 300, everyMs: 10_000, isSpread: true };

/** Made-up keys that wait for a slow upstream, from three addresses. */
export const slowKeys = (target: Target): Promise<void> =>
  flood(target, SLOW, (index) => ({
    headers: { authorization: `${REFUSED_KEY}${index}`, ...fromAddress(index % SLOW_NETWORKS) },
    body: runBody(ordinaryRun(index)),
  }));

/** Tokens with a wrong signature, each from another address: the key to check them is known. */
export const invalidTokens = (target: Target): Promise<void> =>
  flood(target, CONNECTIONS, (index) => ({
    headers: { authorization: `Bearer ${tokenOf(index)}`, ...fromAddress(index) },
    body: runBody(ordinaryRun(index)),
  }));

function tokenOf(index: number): string {
  const { issuer: iss, audience: aud, kid, algorithm: alg } = ISSUER;
  const parts = [
    { alg, kid },
    { iss, aud, sub: String(index), exp: Math.ceil(Date.now() / 1000) + 60 },
  ];
  const texts = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  return [...texts, randomBytes(64).toString('base64url')].join('.');
}

/** Without a key, from three addresses: as much of the schema as one operation may query. */
export const introspection = (target: Target): Promise<void> =>
  flood(target, { connections: 3 }, (index) => {
    const types = (alias: number) => `s${index}_${alias}: __schema { types { fields { type { fields { name } } } } }`;
    const query = `{ ${Array.from({ length: 1 + (index % 20) }, (_, alias) => types(alias)).join(' ')} }`;
    return { headers: fromAddress(index % 3), body: JSON.stringify({ query }) };
  });

/** Registers operations of 100 KB by their hash (APQ), with a key and without. */
export const persisted = (target: Target): Promise<void> =>
  flood(target, CONNECTIONS, (index) => {
    const query = commented(index, 100_000);
    const sha256Hash = createHash('sha256').update(query).digest('hex');
    return {
      headers: index % 2 === 0 ? { authorization } : fromAddress(index),
      body: bodyOf(query, { extensions: { persistedQuery: { version: 1, sha256Hash } } }),
    };
  });

const KEYS = 5000;
/** Lengths that just fit the response cache and a header, and a length that does not. */
const POST_LENGTH = 15_000;
const GET_LENGTH = 10_000;
const LONG_LENGTH = 100_000;

/** Different large requests by GET and POST, each sent twice, with many keys that the upstream accepts. */
export const responseCache = (target: Target): Promise<void> =>
  flood(target, CONNECTIONS, (count) => {
    const index = Math.floor(count / 2);
    const headers = { authorization: `Bearer accepted-${index % KEYS}`, ...fromAddress(index % KEYS) };
    const query = (length: number) =>
      longAliases(index, length, runIdOf({ state: 'finished', steps: 1, outputBytes: 60 }, index));
    if (index % 3 === 0) return { headers, search: `?query=${encodeURIComponent(query(GET_LENGTH))}` };
    return { headers, body: bodyOf(query(index % 3 === 1 ? POST_LENGTH : LONG_LENGTH)) };
  });
