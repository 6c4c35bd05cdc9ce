/** Kinds of failed upstream calls. */
import type { Call, Reply } from './upstream.ts';

export interface Fault {
  readonly reply: (call: Call) => Reply | Promise<Reply>;
  /** The code of the error at a field that needs the call. */
  readonly code: string;
  /** Whether the upstream has rejected the key: then nothing of the call's run is served. */
  readonly isDenial?: true;
}

const answer = (reply: Reply) => () => reply;
const violation = (reply: Reply): Fault => ({ reply: answer(reply), code: 'UPSTREAM_CONTRACT_VIOLATION' });

/** Faults that are answered at once and not tried again. */
export const QUICK_FAULTS = {
  'HTTP 500': { reply: answer({ status: 500 }), code: 'UPSTREAM_UNAVAILABLE' },
  'HTTP 404': { reply: answer({ status: 404, json: {} }), code: 'NOT_FOUND' },
  'HTTP 401': { reply: answer({ status: 401 }), code: 'UNAUTHENTICATED', isDenial: true },
  'HTTP 403': { reply: answer({ status: 403 }), code: 'FORBIDDEN', isDenial: true },
  'HTTP 400': { reply: answer({ status: 400 }), code: 'BAD_USER_INPUT' },
  'HTTP 429': { reply: answer({ status: 429, headers: { 'retry-after': '60' } }), code: 'RATE_LIMITED' },
  'a redirect': violation({ status: 302, headers: { location: 'http://elsewhere.test/' } }),
  'no JSON': violation({ raw: '<html>out of order</html>', headers: { 'content-type': 'text/html' } }),
  'half an answer': violation({ raw: '[{"id":"r1"' }),
  'a wrong shape': violation({ json: 'out of order' }),
} as const satisfies Readonly<Record<string, Fault>>;
