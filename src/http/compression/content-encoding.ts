/** Content negotiation by the `Accept-Encoding` header. */
import type { IncomingMessage } from 'node:http';
import { LRUCache } from 'lru-cache';
import Negotiator from 'negotiator';

export type Encoding = 'gzip' | 'br';

export interface AcceptedEncodings {
  readonly gzip: boolean;
  readonly br: boolean;
  /** False: only a compressed answer is acceptable (`identity;q=0`). */
  readonly identity: boolean;
}

export type NegotiateEncoding = (request: IncomingMessage) => AcceptedEncodings;

const IDENTITY_ALONE: AcceptedEncodings = { gzip: false, br: false, identity: true };

/** Clients send few different headers. A longer one is not remembered. */
const MAX_REMEMBERED = 100;
const MAX_REMEMBERED_LENGTH = 200;

export function createEncodingNegotiation(): NegotiateEncoding {
  const remembered = new LRUCache<string, AcceptedEncodings>({ max: MAX_REMEMBERED });

  return (request) => {
    const header = request.headers['accept-encoding'];
    // Without the header any encoding may be sent, but programs that leave it out seldom decode one.
    if (header === undefined) return IDENTITY_ALONE;
    const known = remembered.get(header);
    if (known) return known;
    const accepted = new Negotiator(request).encodings(['gzip', 'br', 'identity']);
    const encodings = {
      gzip: accepted.includes('gzip'),
      br: accepted.includes('br'),
      identity: accepted.includes('identity'),
    };
    if (header.length <= MAX_REMEMBERED_LENGTH) remembered.set(header, encodings);
    return encodings;
  };
}
