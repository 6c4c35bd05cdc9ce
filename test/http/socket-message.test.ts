import { describe, expect, it } from '@jest/globals';
import { MAX_JSON_DEPTH } from '../../src/domain/json.ts';
import { givenUpBy, prepareMessage } from '../../src/http/live/socket-message.ts';

const NAMES = [{ documentId: 'a' }, { id: 'a' }, { extensions: { persistedQuery: {} } }];
const subscribe = (payload: unknown) => JSON.stringify({ id: '1', type: 'subscribe', payload });

describe('a message of a socket', () => {
  it.each(NAMES)('gets an empty query where it names its operation: %j', (name) => {
    const LONG = `${2n ** 64n}`;
    expect(prepareMessage(subscribe({ ...name, variables: { a: 1, b: '§' } }).replace('"§"', LONG))).toBe(
      subscribe({ ...name, variables: { a: 1, b: LONG }, query: '' }),
    );
  });

  it('gets an empty query in place of null, as over HTTP', () => {
    expect(prepareMessage(subscribe({ query: null, documentId: 'a' }))).toBe(subscribe({ query: '', documentId: 'a' }));
  });

  it.each(NAMES)('is written again down to 200 levels of JSON in a value, and stays as it is beyond: %j', (name) => {
    const message = (levels: number) =>
      subscribe({ ...name, variables: '§' }).replace('"§"', '['.repeat(levels) + ']'.repeat(levels));
    expect(prepareMessage(message(MAX_JSON_DEPTH))).toContain('"query":""');
    for (const levels of [MAX_JSON_DEPTH + 1, 100_000]) expect(prepareMessage(message(levels))).toBe(message(levels));
  });

  it('has integers beyond 2^53 as text', () => {
    const message = (number: string) =>
      `{"type": "subscribe", "payload": {"query": "{ a }", "variables": {"a": ${number}}}}`;
    expect(prepareMessage(message('12345678901234567890'))).toBe(message('"12345678901234567890"'));
  });

  it.each([
    ...NAMES.map((name) => subscribe({ ...name, query: 'subscription { a }' })),
    ...NAMES.map((payload) => JSON.stringify({ type: 'next', payload, of: 'subscribe' })),
    subscribe({}),
    subscribe({ extensions: {} }),
    subscribe({ extensions: null }),
    subscribe({ extensions: 'persistedQuery' }),
    subscribe(null),
    subscribe('documentId'),
    subscribe(Object.values(NAMES)),
    '"subscribe"',
    '["subscribe", { "payload": { "id": "a" } }]',
    'null "subscribe"',
    '{ "type": "subscribe"',
    '{ "type": "ping" }',
    '',
  ])('stays as it is otherwise: %s', (text) => {
    expect(prepareMessage(text)).toBe(text);
  });
});

describe('the operation that a message gives up', () => {
  it.each(['1', 'subscribe', 'complete', '"', ''])('is the one of its id: %j', (id) => {
    expect(givenUpBy(JSON.stringify({ id, type: 'complete' }, null, 1))).toBe(id);
  });

  it.each([
    { type: 'complete' },
    { type: 'complete', id: 1 },
    { type: 'ping', id: '1', payload: { type: 'complete' } },
    { type: 'subscribe', id: '1', payload: { query: '{ a }', variables: { a: 'complete' } } },
    'complete',
    ['complete'],
    null,
  ])('is none for another message: %j', (message) => {
    expect(givenUpBy(JSON.stringify(message))).toBeNull();
  });

  it('is none where it is not JSON', () => {
    for (const text of ['"complete', '{"type":"complete","id":"1"', 'null "complete"', ''])
      expect(givenUpBy(text)).toBeNull();
  });
});
