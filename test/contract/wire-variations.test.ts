/** Each variation of the wire, over real HTTP through the whole gateway. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startFaultyUpstream, type Endpoint, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { captureLog, scrape, type CapturedLog } from '../support/observed.ts';
import { TIDY, type Variation } from './variations/variation.ts';
import { VARIATIONS } from './variations/variations.ts';

const METRIC = 'stepgate_upstream_deviations_total';

describe('an upstream that differs from the contract', () => {
  let upstream: FaultyUpstream;
  let gateway: TestGateway;
  let log: CapturedLog;
  let keys = 0;

  beforeAll(async () => {
    upstream = await startFaultyUpstream();
    log = captureLog('warn');
    gateway = await startGateway(
      { UPSTREAM_URL: upstream.url, UPSTREAM_MAX_RESPONSE_BYTES: '1048576' },
      { logger: log.logger },
    );
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  function answerLike({ replies }: Pick<Variation, 'replies'>): void {
    const counts = new Map<Endpoint, number>();
    upstream.script = ({ endpoint }) => {
      const count = counts.get(endpoint) ?? 0;
      counts.set(endpoint, count + 1);
      const ofCall = replies[endpoint];
      return ofCall?.[Math.min(count, ofCall.length - 1)] ?? TIDY[endpoint] ?? { status: 404 };
    };
  }

  /** With a key of its own, so that nothing is cached. */
  const ask = ({ query }: Pick<Variation, 'query'>) => gateway.query(query, { key: `key-${(keys += 1)}` });

  const counted = async () => (await scrape(gateway.url)).counts(METRIC);

  it.each(VARIATIONS)('$variation: $happens', async (variation) => {
    answerLike(variation);
    const before = await counted();
    const { data, errors } = await ask(variation);
    const told = errors.map(({ extensions, message }) => ({ code: extensions.code, message }));
    expect(told).toEqual(
      (variation.errors ?? []).map(([code, part]) => ({ code, message: expect.stringContaining(part) })),
    );
    if ('data' in variation) expect(data).toEqual(variation.data);
    const after = await counted();
    const added = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
    expect(Object.fromEntries(added.filter(([, count]) => count !== 0))).toEqual(variation.deviations ?? {});
  });

  it('is logged once a minute a field, by types and never by value', () => {
    const lines = log.lines.filter(({ msg }) => msg === 'the upstream deviates from its contract');
    const fields = VARIATIONS.flatMap(({ deviations = {} }) =>
      Object.keys(deviations).map((name) => name.split(' ')[0]),
    );
    // All variations have run within a minute, so a field that differs in several ways has one line.
    expect(lines.map(({ field }) => field).sort()).toEqual([...new Set(fields)].sort());
    expect(lines.find(({ field }) => field === 'steps[].node_id')).toMatchObject({
      outcome: 'read',
      expected: 'string',
      got: 'number',
      count: 1,
      requestId: expect.any(String),
    });
    expect(log.text).not.toMatch(/4711471147114711|archived|yesterday|org-1/);
  });

  it('is not counted where it does not differ', async () => {
    answerLike({ replies: {} });
    const before = await counted();
    for (const { query } of VARIATIONS) await ask({ query });
    expect(await counted()).toEqual(before);
  });
});

describe('docs/upstream.md', () => {
  it('has the same table', () => {
    const page = readFileSync(new URL('../../docs/upstream.md', import.meta.url), 'utf8');
    const section = page.split(/^## /m).find((text) => text.startsWith('Variations of the wire\n')) ?? '';
    const rows = [...section.matchAll(/^\| (.+?) +\| (.+?) +\| (.+?) +\|$/gm)].map(([, ...cells]) => cells).slice(2);
    const expected = VARIATIONS.map(({ variation, happens, deviations = {} }) => [
      variation,
      happens,
      Object.keys(deviations)
        .map((name) => name.replace(/^(\S+) /, '`$1` '))
        .join(', ') || '–',
    ]);
    expect(rows).toEqual(expected);
    expect(VARIATIONS.length).toBeGreaterThanOrEqual(30);
  });
});
