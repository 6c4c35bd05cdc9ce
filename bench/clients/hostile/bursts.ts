/** Hostile owners that send many requests at once. Each costs its sender little and the gateway much. */
import { MISSING_RUN, ORDINARY, runIdOf, WORKFLOW_ID, type RunShape } from '../../fixture-runs.ts';
import { RUN_QUERY } from '../../queries.ts';
import { flood } from './flood.ts';
import { fromAddress } from './floods.ts';
import {
  allOutputs,
  bodyOf,
  denseBody,
  denseBytes,
  denseJson,
  heavyBody,
  HOSTILE_KEY,
  manyFragments,
  ordinaryRun,
  pathBody,
} from './operations.ts';
import type { Target } from './tally.ts';

const authorization = HOSTILE_KEY;

/** The upstream's response has just under 1 MiB, of small values. */
const DENSE: RunShape = { state: 'dense', steps: 1, outputBytes: 1_046_000 };
const PATH_READERS = 400;

/** A path of a large payload, in 150 bytes. All wait for the same upstream call, so that they go on together. */
export const paths = (target: Target): Promise<void> =>
  flood(target, { connections: PATH_READERS }, (index) => ({
    headers: { authorization },
    body: pathBody(runIdOf(DENSE, Math.floor(index / PATH_READERS)), `items[${index}]`),
  }));

/** A million keys. */
const KEYED: RunShape = { state: 'keyed', steps: 1, outputBytes: 12_000_000 };
/** Requests for one run: the first one loads it. */
const OF_A_RUN = 10;

/** A payload of 12 MB by a path and whole, one request at a time. */
export const largePayloads = (target: Target): Promise<void> =>
  flood(target, { connections: 1 }, (index) => {
    const runId = runIdOf(KEYED, Math.floor(index / OF_A_RUN));
    const body = index % 2 === 0 ? pathBody(runId, `k${index}`) : bodyOf(allOutputs(index, runId));
    return { headers: { authorization }, body };
  });

const LEAVERS = 1500;
const LEAVE_AFTER_MS = 5;
const LEAVERS_EVERY_MS = 5000;

/** A heavy known operation, whose client leaves when it is sent. */
export const leavers = (target: Target): Promise<void> =>
  flood(target, { connections: LEAVERS, everyMs: LEAVERS_EVERY_MS, leavesAfterMs: LEAVE_AFTER_MS }, (index) => ({
    headers: { authorization },
    body: heavyBody(index),
  }));

/** Default of RATE_LIMIT_ANONYMOUS_PER_MINUTE. */
const ANONYMOUS_PER_MINUTE = 600;
const FRAGMENTS_OF_TEXT = 50;

/** New documents of 13.5 KB from one address without a key, as many as its rate allows. */
export const texts = (target: Target): Promise<void> =>
  flood(target, { connections: ANONYMOUS_PER_MINUTE, everyMs: 60_000 }, (index) => ({
    headers: {},
    body: bodyOf(manyFragments(index, ordinaryRun(index), FRAGMENTS_OF_TEXT)),
  }));

const DENSE_REQUESTS = 2000;

/** Bodies of dense JSON that wait for the upstream. */
export const denseRequests = (target: Target): Promise<void> =>
  flood(target, { connections: DENSE_REQUESTS }, (index) => ({
    headers: { authorization },
    body: denseRun(runIdOf(ORDINARY, `dense-${index}`), index),
  }));

const NETWORKS = 24;
const DENSE_ANONYMOUS = 2000;

/** The same with made-up keys, from 24 networks. */
export const denseAnonymous = (target: Target): Promise<void> =>
  flood(target, { connections: DENSE_ANONYMOUS }, (index) => ({
    headers: { authorization: `Bearer made-up-${index}`, ...fromAddress(index % NETWORKS) },
    body: denseRun(`${MISSING_RUN}${index}`, index),
  }));

const denseRun = (id: string, index: number): string =>
  denseBody(RUN_QUERY, { workflowId: WORKFLOW_ID, id }, denseBytes(index));

const BROKEN_BYTES = 1_000_000;
const BROKEN_BODY = `{"query":"{__typename}","variables":${denseJson(BROKEN_BYTES)}`;
const BROKEN_CONNECTIONS = 10;

/** 1 MB of JSON without its last character, ten a second from one address without a key. */
export const brokenBodies = (target: Target): Promise<void> =>
  flood(target, { connections: BROKEN_CONNECTIONS, everyMs: 1000 }, () => ({ headers: {}, body: BROKEN_BODY }));

const HEADER_CONNECTIONS = 32;
const LONG_HEADER_BYTES = 15_000;
const repeated = (part: string): string => part.repeat(Math.floor(LONG_HEADER_BYTES / part.length));
const LONG_HEADERS = [{ accept: repeated('a/b;q=0.1,') }, { 'accept-encoding': repeated('br,x;q=0.1,') }];

/** Headers of 15 KB that the gateway negotiates. */
export const longHeaders = (target: Target): Promise<void> =>
  flood(target, { connections: HEADER_CONNECTIONS }, (index) => ({
    headers: { authorization, ...LONG_HEADERS[index % 2] },
    body: bodyOf(RUN_QUERY, { variables: { workflowId: WORKFLOW_ID, id: ordinaryRun(index) } }),
  }));
