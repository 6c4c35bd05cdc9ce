import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { rawJSON } from '../../harness/wire.ts';
import { TIDY, noSteps, steps, type Examples } from './variation.ts';

const STEPS = JSON.stringify(TIDY.steps?.json);
const encoded = (encoding: string, raw: Buffer) => ({ raw, headers: { 'content-encoding': encoding } });

export const OF_BODIES: Examples = {
  'texts are not UTF-8': [steps([{ raw: Buffer.from(STEPS.replace('"Refund approved."', '"größer"'), 'latin1') }])],
  'a byte order mark stands before the JSON': [steps([{ raw: `\uFEFF${STEPS}` }])],
  'JSON comes with another content type': [steps([{ raw: STEPS, headers: { 'content-type': 'text/html' } }])],
  'the answer is compressed by gzip': [
    steps([encoded('gzip', gzipSync(STEPS))]),
    steps([encoded('deflate', deflateSync(STEPS))]),
  ],
  'the answer is compressed by brotli': [
    steps([encoded('br', brotliCompressSync(STEPS))]),
    steps([encoded('zstd', zstdCompressSync(STEPS))]),
  ],
  'the answer is larger than UPSTREAM_MAX_RESPONSE_BYTES after decompression': [
    noSteps('UPSTREAM_MAX_RESPONSE_BYTES', encoded('gzip', gzipSync(Buffer.alloc(2 ** 24, ' ')))),
  ],
  'HTTP 204': [noSteps('has no content (HTTP 204)', { status: 204, raw: '' })],
  'an empty body, or blanks alone': ['', '\n', ' '.repeat(4096)].map((raw) => noSteps('is empty, not JSON', { raw })),
  'NDJSON: one JSON value a line': [
    noSteps('is NDJSON', { raw: '{"id":"s1"}\n{"id":"s2"}\n' }),
    noSteps('is NDJSON', { raw: `{"id":"s1"}\n{"id":"s2"}\n{"id":"${'x'.repeat(5000)}"}` }),
  ],
  'an HTML page': ['<!doctype html><title>Sign in</title>', ' \n<HTML>', '<!doctype  HTML><p>', '<body>'].map((raw) =>
    noSteps('is an HTML page, not JSON', { raw }),
  ),
  'anything else that is not JSON': [
    ...['[{"id":"s1"', 'none', 'none <html>', '{"id":1}\nnone'].map((raw) => noSteps('is not JSON', { raw })),
    ...['<?xml version="1.0"?><e/>', ' \n <e/>', '<htmlx>'].map((raw) => noSteps('is XML, not JSON', { raw })),
  ],
  'a redirect': [
    noSteps('HTTP 302, which its contract does not name; redirects are never followed', {
      status: 302,
      headers: { location: 'https://login.example/' },
    }),
  ],
  'HTTP 408, 429, 502, 503 or 504 to a GET': [
    [408, 503],
    [429, 502],
    [504, 503],
  ].map(([first = 0, second = 0]) => steps([{ status: first }, { status: second }, { raw: STEPS }])),
  '`run_id` of a started run is a whole number': [
    {
      replies: {
        execute: [{ json: { run_id: rawJSON('47114711471147114711') } }],
        run: [{ status: 404 }],
        steps: [{ status: 404 }],
      },
      query: 'mutation { executeWorkflow(workflowId: "wf") { message run { id } } }',
      data: { executeWorkflow: { message: null, run: { id: '47114711471147114711' } } },
    },
  ],
};
