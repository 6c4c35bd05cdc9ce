/** A viewer is whatever decides which data may be seen: its id keys every cache, its credential goes upstream. */
import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import type { Scope } from '../upstream/scope.ts';

export interface Viewer {
  /** An HMAC of credential and scope: safe to log and to store, and worthless outside this process. */
  readonly id: string;
  /** The key that is sent upstream. */
  readonly credential: string;
  /** Null: all that the credential sees. */
  readonly scope: Scope | null;
  /** What else decides what may be seen: an `authenticate` hook says it, and fields of an extension read it. */
  readonly attributes: Attributes;
}

export type Attributes = Readonly<Record<string, string>>;

export type ViewerOf = (credential: string, scope?: Scope | null, attributes?: Attributes) => Viewer;

const NO_ATTRIBUTES: Attributes = Object.freeze({});

/** The part of a viewer that an upstream call needs. */
export const upstreamIdentityOf = ({ id: viewerId, credential, scope }: Viewer) => ({ viewerId, credential, scope });

/**
 * What a viewer's id is derived from, and the key to what gateways share of it. Neither a credential nor JSON holds a line break.
 */
export const identityOf = ({ credential, scope, attributes }: Omit<Viewer, 'id'>): string =>
  [credential, ...(scope ? [textOf(scope)] : []), ...textsOf(attributes)].join('\n');

/** An HMAC of an identity. */
export type ViewerIdOf = (identity: string) => string;

/** The secret is the process's own, so ids can't be compared with those of another process or guessed from a key. */
export function createViewerIds(secret: Buffer = randomBytes(32)): ViewerIdOf {
  const key = createSecretKey(secret);
  return (identity) => createHmac('sha256', key).update(identity).digest('base64url');
}

/** In a fleet the ids are those of its secret: then all gateways have the same. */
export const createViewers =
  (idOf: ViewerIdOf = createViewerIds()): ViewerOf =>
  (credential, scope = null, attributes = NO_ATTRIBUTES) => {
    const viewer = { credential, scope, attributes };
    return { id: idOf(identityOf(viewer)), ...viewer };
  };

/** The same text for the same scope, in whatever order it was told. */
const textOf = ({ organizationId, workflowIds }: Scope): string =>
  JSON.stringify([organizationId, workflowIds && [...workflowIds].sort()]);

/** Unlike a scope's, an attribute's text begins with a brace. */
const textsOf = (attributes: Attributes): string[] =>
  Object.entries(attributes)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => JSON.stringify({ [name]: value }));
