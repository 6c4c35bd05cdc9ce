/**
 * A viewer is everything that decides which data may be seen. Its id keys every cache; its credential is sent upstream.
 */
import { createHmac, createSecretKey, randomBytes } from 'node:crypto';
import type { Redaction, RedactionOf } from '../domain/redaction/redaction.ts';
import type { Scope } from '../upstream/api.ts';

export interface Viewer {
  /** HMAC of credential, scope, attributes and redaction. Safe to log and store, and worthless outside this process. */
  readonly id: string;
  /** Key that is sent upstream. */
  readonly credential: string;
  /** Scope, or null if the viewer may see everything that the credential can. */
  readonly scope: Scope | null;
  /** Other values that decide which data may be seen, from an `authenticate` hook. An extension's fields read them. */
  readonly attributes: Attributes;
  /** The redaction that applies, or null. */
  readonly redaction: Redaction | null;
}

export type Attributes = Readonly<Record<string, string>>;

export interface ViewerRights {
  readonly scope?: Scope | null;
  readonly attributes?: Attributes | undefined;
  /** Names of rights that redaction rules may exempt. */
  readonly rights?: readonly string[];
}

export type ViewerOf = (credential: string, rights?: ViewerRights) => Viewer;

const NO_ATTRIBUTES: Attributes = Object.freeze({});

/** Returns the string that a viewer's id is derived from. Neither a credential nor JSON contains a line break. */
export const identityOf = ({ credential, scope, attributes, redaction }: Omit<Viewer, 'id'>): string =>
  [
    credential,
    ...(scope ? [textOf(scope)] : []),
    ...textsOf(attributes),
    ...(redaction ? [`redaction ${redaction.id}`] : []),
  ].join('\n');

export type ViewerIdOf = (identity: string) => string;

/** The default secret is random, so ids can't be compared with another process's, or guessed from a key. */
export function createViewerIds(secret: Buffer = randomBytes(32)): ViewerIdOf {
  const key = createSecretKey(secret);
  return (identity) => createHmac('sha256', key).update(identity).digest('base64url');
}

/** In a fleet, `idOf` uses the common secret, so all gateways have the same ids. */
export const createViewers =
  (idOf: ViewerIdOf = createViewerIds(), redactionOf: RedactionOf = () => null): ViewerOf =>
  (credential, { scope = null, attributes = NO_ATTRIBUTES, rights = [] } = {}) => {
    const viewer = { credential, scope, attributes, redaction: redactionOf(rights) };
    return { id: idOf(identityOf(viewer)), ...viewer };
  };

/** Returns equal strings for equal scopes, in any order of workflows. */
const textOf = ({ organizationId, workflowIds }: Scope): string =>
  JSON.stringify([organizationId, workflowIds && [...workflowIds].sort()]);

/** An attribute's string begins with a brace, a scope's with a bracket. */
const textsOf = (attributes: Attributes): string[] =>
  Object.entries(attributes)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => JSON.stringify({ [name]: value }));
