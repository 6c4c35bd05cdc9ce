import { brotliCompressSync, gzipSync } from 'node:zlib';
import { rawJSON } from '../../harness/wire.ts';
import { TIDY, ofSteps, withoutSteps, type Variation } from './variation.ts';

const STEPS = JSON.stringify(TIDY.steps?.json);
const VIOLATION = 'UPSTREAM_CONTRACT_VIOLATION';

export const OF_BODIES: readonly Variation[] = [
  ofSteps(
    {
      variation: 'texts are not UTF-8',
      happens: 'Read. What is not UTF-8 is U+FFFD.',
      deviations: { 'steps lost': 1 },
    },
    { raw: Buffer.from(STEPS.replace('"Refund approved."', '"größer"'), 'latin1') },
  ),
  ofSteps(
    {
      variation: 'a byte order mark stands before the JSON',
      happens: 'Read.',
      deviations: { 'steps read': 1 },
    },
    { raw: `\uFEFF${STEPS}` },
  ),
  ofSteps(
    { variation: 'JSON comes with another content type', happens: 'Read.' },
    { raw: STEPS, headers: { 'content-type': 'text/html' } },
  ),
  ofSteps(
    { variation: 'the answer is compressed by gzip', happens: 'Read.' },
    { raw: gzipSync(STEPS), headers: { 'content-encoding': 'gzip' } },
  ),
  ofSteps(
    { variation: 'the answer is compressed by brotli', happens: 'Read.' },
    { raw: brotliCompressSync(STEPS), headers: { 'content-encoding': 'br' } },
  ),
  withoutSteps(
    {
      variation: 'the answer is larger than UPSTREAM_MAX_RESPONSE_BYTES after decompression',
      happens: `${VIOLATION}: "larger than the … bytes". No more than that is read.`,
    },
    [VIOLATION, 'larger than the 1048576 bytes that UPSTREAM_MAX_RESPONSE_BYTES allows'],
    { raw: gzipSync(Buffer.alloc(2 ** 24, ' ')), headers: { 'content-encoding': 'gzip' } },
  ),
  withoutSteps(
    { variation: 'HTTP 204', happens: `${VIOLATION}: "has no content (HTTP 204)".` },
    [VIOLATION, 'has no content (HTTP 204)'],
    { status: 204, raw: '' },
  ),
  withoutSteps(
    { variation: 'an empty body, or blanks alone', happens: `${VIOLATION}: "is empty, not JSON".` },
    [VIOLATION, 'is empty, not JSON'],
    { raw: '\n' },
  ),
  withoutSteps(
    { variation: 'NDJSON: one JSON value a line', happens: `${VIOLATION}: "is NDJSON".` },
    [VIOLATION, 'is NDJSON (one JSON value a line)'],
    { raw: '{"id":"s1"}\n{"id":"s2"}\n' },
  ),
  withoutSteps(
    { variation: 'an HTML page', happens: `${VIOLATION}: "is an HTML page", with what to check.` },
    [VIOLATION, 'is an HTML page, not JSON: check the path of UPSTREAM_URL'],
    { raw: '<!doctype html><title>Sign in</title>', headers: { 'content-type': 'text/html' } },
  ),
  withoutSteps(
    { variation: 'anything else that is not JSON', happens: `${VIOLATION}: "is not JSON".` },
    [VIOLATION, "the upstream's answer is not JSON"],
    { raw: '[{"id":"s1"' },
  ),
  withoutSteps(
    {
      variation: 'a redirect',
      happens: `${VIOLATION}. Redirects are not followed: they would take the key elsewhere.`,
    },
    [VIOLATION, 'HTTP 302, which its contract does not name; redirects are never followed: set UPSTREAM_URL'],
    { status: 302, headers: { location: 'https://login.example/' } },
  ),
  ofSteps(
    {
      variation: 'HTTP 408, 429, 502, 503 or 504 to a GET',
      happens: 'Sent again, at most twice. A POST is sent once.',
    },
    { status: 408 },
    { status: 503 },
    { raw: STEPS },
  ),
  {
    variation: '`run_id` of a started run is a whole number',
    happens: 'Read as its text.',
    replies: {
      execute: [{ json: { run_id: rawJSON('47114711471147114711') } }],
      run: [{ status: 404 }],
      steps: [{ status: 404 }],
    },
    query: 'mutation { executeWorkflow(workflowId: "wf") { message run { id } } }',
    data: { executeWorkflow: { message: null, run: { id: '47114711471147114711' } } },
    deviations: { 'execute.run_id read': 1 },
  },
];
