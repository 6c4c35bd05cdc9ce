import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { RunStatus } from '../../src/web/__generated__/graphql.ts';
import { comparisonLink, costLink, runLink, stepLink, trendsLink, workflowLink } from '../../src/web/url/links.ts';
import { changed, readParams, type Changes } from '../../src/web/url/params.ts';

const read = (search: string) => readParams(new URLSearchParams(search));
const change = (search: string, changes: Changes): string => changed(new URLSearchParams(search), changes).toString();

describe('the query parameters of the page', () => {
  it('restore every state of an older bookmark', () => {
    const bookmarks = {
      home: 'workflow=w&q=text&workflowsAfter=c',
      runs: 'tab=trends&status=RUNNING,FAILED&since=24h&start=2026-01-01T00:00:00.123456Z&end=2026-01-02&search=e&inputs=a%3D1&took=60000&after=c',
      workflow: 'node=n&run=new&from=r',
      run: 'step=s&side=inputs&path=a.b&runSide=outputs&runPath=c.d&sort=TOKENS',
      timeline: 'rows=packed&find=n&fold=off&clock=utc&zoom=8&at=1500&scale=fit',
      comparison: 'with=r&all=1&diff=prompt',
    };
    expect(read(Object.values(bookmarks).join('&'))).toEqual({
      ...{ workflow: 'w', q: 'text', workflowsAfter: 'c' },
      ...{ tab: 'trends', status: ['FAILED', 'RUNNING'], since: '24h', search: 'e', after: 'c' },
      ...{ inputs: 'a=1', took: 60_000 },
      ...{ start: '2026-01-01T00:00:00.123456Z', end: '2026-01-02', node: 'n', run: 'new', from: 'r' },
      ...{ step: 's', side: 'inputs', path: 'a.b', runSide: 'outputs', runPath: 'c.d', sort: 'TOKENS' },
      ...{ rows: 'packed', find: 'n', fold: 'off', clock: 'utc', zoom: 8, at: 1500, scale: 'fit' },
      ...{ with: 'r', all: '1', diff: 'prompt' },
    });
  });

  it('fall back to the default if invalid', () => {
    expect(read('view=x&since=2y&start=x&status=x&sort=x&rows=x&fold=x&clock=x&zoom=x&at=x&scale=x&runSide=x')).toEqual(
      read(''),
    );
  });

  it('are set by links, and omitted for defaults', () => {
    const changes = fc.record({
      step: fc.oneof(fc.constant(null), fc.string({ minLength: 1 })),
      status: fc.constantFrom<RunStatus[][]>([], ['FAILED'], ['FAILED', 'RUNNING']),
      rows: fc.constantFrom('nodes' as const, 'packed' as const),
      zoom: fc.constantFrom(1, 2, 512),
      scale: fc.constantFrom(null, 'fit' as const, 0.8),
    });
    fc.assert(
      fc.property(changes, (wanted) => {
        const search = change('', wanted);
        expect(read(search)).toEqual({ ...read(''), ...wanted });
        expect(search).not.toMatch(/rows=nodes|zoom=1(?!\d)|=(?:&|$)/);
      }),
    );
  });

  it('drop exactly those that a change makes invalid', () => {
    expect(change('tab=steps&step=a&side=inputs&path=b', { step: 'c' })).toBe('tab=steps&step=c');
    expect(change('since=24h&after=c&q=x', { start: '2026-01-01' })).toBe('q=x&start=2026-01-01');
    expect(change('start=2026-01-01&end=2026-01-02&after=c', { since: '7d' })).toBe('since=7d');
    expect(change('zoom=4&at=100', { zoom: 8, at: 50 })).toBe('zoom=8&at=50');
  });
});

describe('the links of the page', () => {
  it('escape ids', () => {
    const run = { workflowId: 'a/b', id: 'c?d' };
    expect(workflowLink('a/b')).toBe('/workflows/a%2Fb');
    expect(runLink(run)).toBe('/workflows/a%2Fb/runs/c%3Fd');
    expect(stepLink(run, 'e&f')).toBe('/workflows/a%2Fb/runs/c%3Fd?step=e%26f');
    expect(trendsLink('a/b', 'n')).toBe('/workflows/a%2Fb?tab=trends&node=n');
    expect(costLink('')).toBe('/cost');
  });

  it('let the page choose the base of a comparison without one', () => {
    const run = { workflowId: 'w', id: 'r' };
    expect(comparisonLink(run, null)).toBe('/workflows/w/runs/r?tab=compare');
    expect(comparisonLink(run, { workflowId: 'w', id: 's' })).toBe('/workflows/w/runs/r?tab=compare&with=s');
  });
});
