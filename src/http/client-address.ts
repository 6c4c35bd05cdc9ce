/** The address of whoever asks. What a proxy says of it counts only where the proxy is trusted. */
import type { IncomingMessage } from 'node:http';
import { all, compile } from '@fastify/proxy-addr';

/** `hop` 0 is whoever is connected, 1 is whom that one names, and so on. */
export type IsTrustedProxy = (address: string, hop: number) => boolean;

/** Of a number of hops, or a list of addresses and ranges; false: none is trusted. */
export function createProxyTrust(trustProxy: false | number | readonly string[]): IsTrustedProxy {
  if (trustProxy === false) return () => false;
  return typeof trustProxy === 'number' ? (_address, hop) => hop < trustProxy : compile([...trustProxy]);
}

/** The first that is not trusted, or the farthest of all. */
export const createClientAddress =
  (isTrusted: IsTrustedProxy): ((request: IncomingMessage) => string) =>
  (request) =>
    all(request, isTrusted).at(-1) ?? '';
