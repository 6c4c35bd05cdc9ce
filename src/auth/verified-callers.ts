/** Callers whose credential was verified, by its hash, until they expire or must be verified again. */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { rejected, type Caller } from './caller.ts';
import { GatewayError } from '../upstream/errors.ts';

export interface VerifiedCallers {
  /** Null for a credential that must be verified (again). */
  cached(credential: string): Caller | null;
  /** Only good credentials are cached. Whoever comes while one is verified gets the same outcome. */
  verify(credential: string): Promise<Caller>;
}

export interface VerifiedCallersOptions {
  /** Rejects with what is wrong with the credential. */
  readonly callerOf: (credential: string) => Promise<Caller>;
  /** The same for the client; null where it is not the credential's fault. */
  readonly errorOf: (error: unknown) => GatewayError | null;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Some 10,000 callers, fewer if their scopes list many workflows. */
const MAX_CACHED_BYTES = 8 * 2 ** 20;

export function createVerifiedCallers({ callerOf, errorOf, now }: VerifiedCallersOptions): VerifiedCallers {
  const callers = new LRUCache<string, Caller>({ maxSize: MAX_CACHED_BYTES, sizeCalculation: bytesOf });
  /** By the same hash. No more than requests whose credential is being verified. */
  const underWay = new Map<string, Promise<Caller>>();

  async function verify(key: string, credential: string): Promise<Caller> {
    try {
      const caller = await callerOf(credential);
      callers.set(key, caller);
      return caller;
    } catch (error) {
      callers.delete(key);
      const known = error instanceof GatewayError ? error : errorOf(error);
      if (known) return rejected(known);
      throw error;
    }
  }

  return {
    cached(credential) {
      const caller = callers.get(keyOf(credential));
      return caller && now() < caller.verifiedUntilMs ? caller : null;
    },
    verify(credential) {
      const key = keyOf(credential);
      const verification = underWay.get(key) ?? verify(key, credential).finally(() => underWay.delete(key));
      underWay.set(key, verification);
      return verification;
    },
  };
}

const keyOf = (credential: string): string => hash('sha256', credential, 'base64url');

/** Measured on Node 24, with its slot: 650 bytes, and for each workflow id or attribute 60 and its text. */
const CALLER_BYTES = 800;
const TEXT_BYTES = 64;

function bytesOf({ viewer }: Caller): number {
  if (!viewer) return CALLER_BYTES;
  const { scope, attributes, credential } = viewer;
  const texts = [scope?.organizationId ?? '', ...(scope?.workflowIds ?? []), ...Object.entries(attributes).flat()];
  return texts.reduce((bytes, text) => bytes + TEXT_BYTES + 2 * text.length, CALLER_BYTES + 2 * credential.length);
}
