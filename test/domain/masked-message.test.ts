import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maskedMessage } from '../../src/domain/run/masked-message.ts';
import { anyCharacter } from '../harness/any-character.ts';

describe('masking a message', () => {
  it.each([
    // Kept: statuses, names and their arguments, short numbers.
    ['HTTP 429', 'HTTP 429'],
    ['HTTP/1.1 503 Service Unavailable', 'HTTP/1.1 503 Service Unavailable'],
    ["KeyError: 'sku_v1'", "KeyError: 'sku_v1'"],
    ["KeyError: '10042'", "KeyError: '<number>'"],
    ['S3Http2ClientError in base64x2y.UnicodeDecodeError', 'S3Http2ClientError in base64x2y.UnicodeDecodeError'],
    ['gpt-3.5-turbo-1106, gpt-4o-2024-08-06', 'gpt-3.5-turbo-1106, gpt-4o-2024-08-06'],
    ['anthropic.claude-3-5-sonnet-20241022-v2:0', 'anthropic.claude-3-5-sonnet-20241022-v2:0'],
    ['python3.11 on node v20.11.1 and 1.2.3', 'python3.11 on node v20.11.1 and 1.2.3'],
    ['Expecting value: line 1 column 12 (char 987)', 'Expecting value: line 1 column 12 (char 987)'],
    ['at run (/srv/app.js:10:15), main.go:123', 'at run (/srv/app.js:10:15), main.go:123'],
    ['crate::Error, std::vector, dead::beef', 'crate::Error, std::vector, dead::beef'],
    ['expected 2D array of 10M rows', 'expected 2D array of 10M rows'],
    ['deadbeef, facade, 0x1F and context_length_exceeded', 'deadbeef, facade, 0x1F and context_length_exceeded'],
    // Numbers.
    ['accepts 32768 tokens, got 1,234,567', 'accepts <number> tokens, got <number>'],
    ['score 0.75 of -1.5e-3 or 12345.67', 'score <number> of -<number> or <number>'],
    [
      'documents-v7[3] and rows[0][12] of /api/items[7]',
      'documents-v7[<number>] and rows[<number>][<number>] of /api/items[<number>]',
    ],
    [
      '[7] upstream said [503], HTTP[500], status[429], [Errno 111]',
      '[<number>] upstream said [503], HTTP[500], status[429], [Errno 111]',
    ],
    ['order-10042, order_10042, sku12345', 'order-<number>, order_<number>, sku<number>'],
    // Ids.
    ['run 550e8400-e29b-41d4-a716-446655440000 is gone', 'run <id> is gone'],
    ['at 0xdeadbeef in 9f86d081884C7d65', 'at <id> in <id>'],
    ['abcdef12, 123456ab, abcdef1 and gabcdef12', '<id>, <id>, abcdef1 and gabcdef12'],
    ['req_011CSHoEeqs5C35K2UUqR7Fy failed', 'req_<id> failed'],
    ['Base64DecodingErrors', 'Base64DecodingErrors'],
    // Times.
    ['since 2026-11-25T18:04:34.120Z and 2026-11-25 18:04:34+01:00', 'since <time> and <time>'],
    ['2026/11/25 18:04:34, 20261125T180434Z, on 2026-11-25', '<time>, <time>, on <time>'],
    ['Tue, 25 Nov 2025 18:04:34 GMT is Tue Nov 25 18:04:34 2025', '<time> is <time>'],
    ['25/Nov/2025:18:04:34 +0000, Nov 25 18:04:34 host', '<time>, <time> host'],
    ['[18:04:34.5] until 8:04 or 23:59', '[<time>] until <time> or <time>'],
    ['may 12 be, on sun 7', 'may 12 be, on sun 7'],
    // Durations.
    [
      '30 s, 1.5s, 30000ms, 6m0s, 1h30m, 100 µs',
      '<duration>, <duration>, <duration>, <duration>, <duration>, <duration>',
    ],
    ['2.5 seconds, 5min, 20 minutes, 1 day', '<duration>, <duration>, <duration>, <duration>'],
    // Addresses.
    ['connect ECONNREFUSED 10.20.4.11:5432', 'connect ECONNREFUSED <ip>:<port>'],
    ['connect ECONNREFUSED ::1:5432', 'connect ECONNREFUSED <ip>:<port>'],
    ['in use :::3000; fe80::1%eth0; [2001:db8::1]:443', 'in use <ip>:<port>; <ip>; [<ip>]:<port>'],
    ['localhost:80, api.example.com:443, port 22', 'localhost:<port>, api.example.com:<port>, port <port>'],
    ['mail to ada+x@mail.example.com bounced', 'mail to <email> bounced'],
    // URLs.
    [
      'GET https://api.example.com:8443/v1/users/42/orders/9f86d081884c7d65?page=3&q=abc#top',
      'GET https://api.example.com:<port>/v1/users/<id>/orders/<id>?page=<id>&q=abc#top',
    ],
    ['POST /v1/threads/7/runs/run_10042 and 3/10', 'POST /v1/threads/<id>/runs/run_<number> and 3/10'],
    ['s3://bucket/2026-11-25/7.', 's3://bucket/<time>/<id>.'],
    // White space.
    ['  two\n lines  ', 'two lines'],
  ])('turns %j into %j', (message, masked) => {
    expect(maskedMessage(message)).toBe(masked);
  });

  it('reduces a Python traceback to the error below its frames', () => {
    const frames = Array.from({ length: 60 }, (_, line) => `  File "/srv/app.py", line ${line}, in call\n    call()\n`);
    const traceback = (error: string) => `Traceback (most recent call last):\n${frames.join('')}${error}\n`;
    expect(maskedMessage(traceback('KeyError: 70000'))).toBe('KeyError: <number>');
    expect(maskedMessage(traceback('ValidationError: 2 errors\n  name: missing'))).toBe(
      'ValidationError: 2 errors name: missing',
    );
    const chained = `${traceback('KeyError: 7')}\nDuring handling of the above exception, another exception occurred:\n\n`;
    expect(maskedMessage(`${chained}${traceback('TimeoutError')}`)).toBe('TimeoutError');
    const cut = traceback('').trimEnd();
    expect(maskedMessage(cut)).toMatch(/^Traceback \(most recent call last\): File "\/srv\/app.py", line 0/);
    expect(maskedMessage('no traceback, but\n  File "/srv/app.py"\nwas lost')).toBe(
      'no traceback, but File "/srv/app.py" was lost',
    );
  });

  const hex = fc.stringMatching(/^[0-9a-f]{8,40}$/);
  const VARIABLE = {
    '<id>': fc.oneof(
      fc.uuid(),
      hex.filter((id) => /[a-f]/.test(id) && /\d/.test(id)),
    ),
    '<number>': fc.oneof(
      fc.integer({ min: 1000 }).map(String),
      fc.tuple(fc.nat(999), fc.nat(999)).map(([whole, part]) => `${whole}.${part}`),
    ),
    '<time>': fc
      .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((at) => at.toISOString()),
    '<duration>': fc
      .tuple(fc.nat(1e6), fc.constantFrom('ms', 's', ' s', ' seconds', 'h', ' min', 'm30s'))
      .map(([length, unit]) => `${length}${unit}`),
    '<ip>': fc.oneof(
      fc.ipV4(),
      fc.ipV6().filter((ip) => /\d/.test(ip) && !/:(?:\d{2,5})?$/.test(ip)),
    ),
    '<email>': fc.constantFrom('a@b.com', 'ada.lovelace+1@mail.example.org'),
  };
  const KEPT = ['HTTP 429', 'HTTP 500', "KeyError: 'sku_v1'", 'yaml.scanner', 'gpt-4o-mini', 'db-7.internal', '"auto"'];
  it('replaces each variable part with a placeholder, and keeps the rest', () => {
    const part = fc.oneof(
      fc.constantFrom(...KEPT).map((text) => [text, text] as const),
      ...Object.entries(VARIABLE).map(([mask, values]) => values.map((text) => [text, mask] as const)),
    );
    const between = fc.constantFrom(' and ', ', ', ': ', ' (', ') ', ' = ');
    fc.assert(
      fc.property(fc.array(fc.tuple(part, between), { maxLength: 8 }), (parts) => {
        const text = parts.map(([[value], separator]) => `${value}${separator}x`).join(' ');
        const masked = parts.map(([[, mask], separator]) => `${mask}${separator}x`).join(' ');
        expect(maskedMessage(text)).toBe(masked);
      }),
    );
  });

  it('keeps at most 500 characters', () => {
    const [whole, cut] = ['x'.repeat(500), 'x'.repeat(501)].map(maskedMessage);
    expect([whole, cut]).toEqual(['x'.repeat(500), `${'x'.repeat(500)}…`]);
    fc.assert(
      fc.property(fc.string({ unit: anyCharacter, maxLength: 3000 }), (text) => {
        expect(maskedMessage(text).length).toBeLessThanOrEqual(501);
      }),
    );
  });

  it('compares only the first 2000 characters', () => {
    const masked = (digits: number) => maskedMessage(`${'1'.repeat(digits)} end`);
    expect([masked(1996), masked(2000)]).toEqual(['<number> end', '<number>']);
  });

  // A rule that backtracks over all that it reads would never come to the end of one of them.
  it.each([
    'a.',
    "'",
    '1',
    'f',
    'a1',
    '0-',
    '1,',
    '1:',
    '::',
    '/1',
    'a@',
    '1s',
    'jan ',
    'gpt-',
    '\n  File "',
    'http://',
  ])('handles a million times %p', (part) => {
    expect(maskedMessage(part.repeat(1e6)).length).toBeLessThanOrEqual(501);
  });
});
