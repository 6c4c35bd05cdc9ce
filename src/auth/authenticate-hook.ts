/** The `authenticate` hook: an embedder's check of credentials, instead of the gateway's. */
import { bulkhead, timeout, TimeoutStrategy, wrap } from 'cockatiel';
import { z } from 'zod';
import { wrongMembers } from '../config/config-error.ts';
import { GatewayError } from '../upstream/errors.ts';
import { unauthenticated } from './caller.ts';
import { ReadClaims, type Claims } from './claims.ts';
import {
  createCachedAuthenticator,
  type Authenticator,
  type IdentificationOptions,
  type Verified,
} from './verified-callers.ts';

/** The caller and its rights. `upstreamKey`, the workflows, the organization and `attributes` are part of every cache key. */
export interface Identity {
  /** Key that is sent upstream. It decides what can be fetched. */
  readonly upstreamKey: string;
  /** Workflows that the caller sees. Required, because a forgotten list would show everything. */
  readonly workflowIds: readonly string[] | 'all';
  /** Limits these workflows to one organization. Leave it out, not undefined, for no limit. Needs the upstream's `workflows` call. */
  readonly organizationId?: string;
  /** Additional data for the embedder's fields, which learn nothing else about the caller. */
  readonly attributes?: Readonly<Record<string, string>> | undefined;
  /**
   * Identifies the caller, which gets its own share of the gateway. By default, each credential is a separate caller,
   * and all callers without a credential that have the same upstream key, workflows and organization are one caller.
   */
  readonly subject?: string | undefined;
  /** When the identity expires, in milliseconds since 1970. */
  readonly expiresAt?: number | undefined;
  /** Whether the caller may start runs. Omit it to allow it; undefined is rejected. */
  readonly mayExecute?: boolean;
  /** Names of further rights. */
  readonly rights?: readonly string[] | undefined;
}

/**
 * Identifies the caller of a request by its credential, headers (a session's cookie) or socket (a client certificate);
 * null rejects it. The result is reused for requests that are equal in everything the hook reads, until
 * `reauthIntervalMs` is over. The client sees a thrown GatewayError. Any other error is logged, and the client gets
 * IDENTITY_UNAVAILABLE.
 */
export type AuthenticateHook = (claims: Claims) => Identity | null | Promise<Identity | null>;

export interface HookOptions extends IdentificationOptions {
  readonly hook: AuthenticateHook;
  /** Limit for the wait and the call together. After that, the caller gets IDENTITY_UNAVAILABLE. */
  readonly timeoutMs?: number;
}

/** Anyone can invent credentials, and each one calls the hook, so concurrent and queued calls are limited. */
const CONCURRENCY = 64;
const QUEUE_LENGTH = 1000;
const TIMEOUT_MS = 10_000;

const KEY = '1 to 8192 visible ASCII characters';
const ORGANIZATION = 'an id, or omitted';
const TEXTS = 'an object of strings';
const SUBJECT = 'a non-empty string';
const RIGHTS = 'a list of names';

/** Each message completes "X must be …". */
const IDENTITY = z.strictObject(
  {
    upstreamKey: z.string(KEY).regex(/^[\x21-\x7e]{1,8192}$/, KEY),
    workflowIds: z.union([z.array(z.string()), z.literal('all')], "a list of ids, or 'all'"),
    // An undefined value is probably a mistake, and would grant the right.
    organizationId: z.string(ORGANIZATION).min(1, ORGANIZATION).exactOptional(),
    attributes: z.record(z.string(), z.string(TEXTS), TEXTS).optional(),
    subject: z.string(SUBJECT).min(1, SUBJECT).optional(),
    expiresAt: z.number('milliseconds since 1970').optional(),
    mayExecute: z.boolean('true or false, or omitted').exactOptional(),
    rights: z.array(z.string(RIGHTS), RIGHTS).optional(),
  },
  'null, or an object of upstreamKey, workflowIds, organizationId, attributes, subject, expiresAt, mayExecute and rights',
);

export function createHookAuthenticator(options: HookOptions): Authenticator {
  const { hook, viewerOf, wallOf, logger, timeoutMs = TIMEOUT_MS } = options;
  const deadline = timeout(timeoutMs, TimeoutStrategy.Aggressive);
  // The outer deadline includes the wait for a slot. The inner one frees the slot of a call that hangs.
  const bounded = wrap(deadline, bulkhead(CONCURRENCY, QUEUE_LENGTH), deadline);

  const read = new ReadClaims();

  async function identify(claims: Claims): Promise<z.output<typeof IDENTITY> | null> {
    try {
      const answer = await bounded.execute(() => hook(read.recorded(claims)));
      return answer === null ? null : IDENTITY.parse(answer, { reportInput: true });
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      logger.error({ reason: describe(error) }, 'authenticate failed');
      throw new GatewayError('IDENTITY_UNAVAILABLE', "Credentials can't be checked right now. Try again later.");
    }
  }

  async function verify(claims: Claims, nowMs: number): Promise<Verified> {
    const identity = await identify(claims);
    // Only the embedder knows which part of the request was decisive, so the message names none.
    if (identity === null) throw unauthenticated('the request has no accepted credential');
    const { upstreamKey, organizationId = null, attributes, expiresAt = Infinity } = identity;
    const { subject: name = null, mayExecute = true, rights = [] } = identity;
    const workflowIds = identity.workflowIds === 'all' ? null : new Set(identity.workflowIds);
    const untilMs = expiresAt - wallOf(nowMs) + nowMs;
    if (untilMs <= nowMs) throw unauthenticated('the credential has expired; get a new one');
    const scope = organizationId === null && workflowIds === null ? null : { organizationId, workflowIds };
    return { viewer: viewerOf(upstreamKey, { scope, attributes, rights }), name, mayExecute, rights, untilMs };
  }

  const keyOf = (claims: Claims) => read.keyOf(claims);
  const callerOf = createCachedAuthenticator({ kind: 'subject', keyOf, version: () => read.version, verify }, options);
  return { readsRequests: true, callerOf };
}

function describe(error: unknown): string {
  if (error instanceof z.ZodError) return `the identity is malformed: ${wrongMembers(error)}`;
  return error instanceof Error ? error.message : String(error);
}
