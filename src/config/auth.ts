/** The variables that say who may ask and with which key the upstream is asked, and the rules between them. */
import { z } from 'zod';
import { ConfigError } from './config-error.ts';
import { SECRET, wholeNumber, words } from './forms.ts';

/** Signatures of key pairs alone: with a shared secret, whoever can check a token could also make one. */
export const TOKEN_ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
] as const;

export interface GatewayKey {
  /** For whoever reads the configuration. */
  readonly name: string | null;
  readonly sha256: Buffer;
}

export interface TokenConfig {
  /** A URL, or the path of a file. */
  readonly jwks: string;
  readonly issuer: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly clockToleranceSeconds: number;
  /** Names of the claims that narrow what a caller sees; null: none does. */
  readonly organizationClaim: string | null;
  readonly workflowsClaim: string | null;
}

export interface ServiceAuth {
  readonly mode: 'service';
  readonly apiKey: string;
  readonly keys: readonly GatewayKey[];
  readonly tokens: TokenConfig | null;
}

export type AuthConfig = { readonly mode: 'passthrough' } | ServiceAuth;

const NAMED_HASH = /^(?:([\w.-]{1,64}):)?([0-9a-f]{64})$/i;

const gatewayKeys = words
  .pipe(z.array(z.string().regex(NAMED_HASH).transform(readKey)))
  .describe('a comma-separated list of SHA-256 hashes in hex, each maybe with a name before it (name:hash)')
  .meta(SECRET);

/** Some issuers have a query in the URL of their keys. */
const isKeySource = (text: string): boolean => {
  if (!/^https?:\/\//i.test(text)) return true;
  const url = URL.parse(text);
  return url?.username === '' && url.password === '' && url.hash === '';
};

export const AUTH_VARIABLES = {
  UPSTREAM_AUTH: z
    .enum(['passthrough', 'service'])
    .describe(
      "'passthrough' (the caller's bearer key goes upstream) or 'service' (the gateway's own key does, and callers are checked at the gateway)",
    )
    .default('passthrough'),
  UPSTREAM_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{1,4096}$/)
    .describe('a key without spaces')
    .meta(SECRET)
    .optional(),
  GATEWAY_KEYS_SHA256: gatewayKeys.optional(),
  AUTH_JWKS: z
    .string()
    .refine(isKeySource)
    .describe('an http or https URL without credentials, or the path of a file')
    .optional(),
  AUTH_ISSUER: z.string().optional(),
  AUTH_AUDIENCE: z.string().optional(),
  AUTH_ALGORITHMS: words
    .pipe(z.array(z.enum(TOKEN_ALGORITHMS)))
    .describe(`a comma-separated list out of ${TOKEN_ALGORITHMS.join(', ')}`)
    .optional(),
  AUTH_CLOCK_TOLERANCE_SECONDS: wholeNumber(0, 300, 'seconds').optional(),
  AUTH_ORGANIZATION_CLAIM: z.string().optional(),
  AUTH_WORKFLOWS_CLAIM: z.string().optional(),
};

const DEFAULT_ALGORITHMS = ['RS256', 'ES256', 'EdDSA'];

type AuthVariables = z.infer<z.ZodObject<typeof AUTH_VARIABLES>>;

/** Throws ConfigError for what does not go together. */
export function readAuth(variables: AuthVariables, offersWorkflows: boolean): AuthConfig {
  if (variables.UPSTREAM_AUTH === 'passthrough') {
    const names = Object.keys(AUTH_VARIABLES) as (keyof AuthVariables)[];
    const idle = names.find((name) => name !== 'UPSTREAM_AUTH' && variables[name] !== undefined);
    if (idle === undefined) return { mode: 'passthrough' };
    throw new ConfigError(
      `${idle}: it means nothing while UPSTREAM_AUTH is passthrough. Set UPSTREAM_AUTH=service, or leave ${idle} unset.`,
    );
  }
  const { UPSTREAM_API_KEY: apiKey, GATEWAY_KEYS_SHA256: keys = [], AUTH_JWKS: jwks } = variables;
  if (apiKey === undefined) {
    throw new ConfigError(
      'UPSTREAM_API_KEY: expected the key that the gateway shows upstream, since UPSTREAM_AUTH is service; it is not set.',
    );
  }
  if (jwks === undefined && keys.length === 0) {
    throw new ConfigError(
      'UPSTREAM_AUTH: service needs a way to tell callers apart, and none is set. Set AUTH_JWKS, AUTH_ISSUER and ' +
        'AUTH_AUDIENCE to take tokens, or GATEWAY_KEYS_SHA256 to take keys of your own, or both.',
    );
  }
  const tokens = jwks === undefined ? noTokens(variables) : readTokens(jwks, variables, offersWorkflows);
  return Object.freeze({ mode: 'service', apiKey, keys, tokens });
}

function noTokens(variables: AuthVariables): null {
  const names = Object.keys(AUTH_VARIABLES).filter((name) => name.startsWith('AUTH_')) as (keyof AuthVariables)[];
  const idle = names.find((name) => variables[name] !== undefined);
  if (idle === undefined) return null;
  throw new ConfigError(`${idle}: it means nothing without AUTH_JWKS. Set that, or leave ${idle} unset.`);
}

function readTokens(jwks: string, variables: AuthVariables, offersWorkflows: boolean): TokenConfig {
  const { AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience, AUTH_ORGANIZATION_CLAIM: organizationClaim = null } = variables;
  if (issuer === undefined || audience === undefined) {
    const name = issuer === undefined ? 'AUTH_ISSUER' : 'AUTH_AUDIENCE';
    throw new ConfigError(`${name}: expected what a token must say, since AUTH_JWKS is set; it is not set.`);
  }
  if (organizationClaim !== null && !offersWorkflows) {
    throw new ConfigError(
      "AUTH_ORGANIZATION_CLAIM: only the upstream's list of workflows tells whose a workflow is, and UPSTREAM_ENDPOINTS " +
        'leaves it out. Add workflows there, or narrow by AUTH_WORKFLOWS_CLAIM alone.',
    );
  }
  return Object.freeze({
    jwks,
    issuer,
    audience,
    algorithms: variables.AUTH_ALGORITHMS ?? DEFAULT_ALGORITHMS,
    clockToleranceSeconds: variables.AUTH_CLOCK_TOLERANCE_SECONDS ?? 0,
    organizationClaim,
    workflowsClaim: variables.AUTH_WORKFLOWS_CLAIM ?? null,
  });
}

function readKey(text: string): GatewayKey {
  const [, name = null, hash = ''] = NAMED_HASH.exec(text) ?? [];
  return Object.freeze({ name, sha256: Buffer.from(hash, 'hex') });
}
