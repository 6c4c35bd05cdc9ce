/** Generated from settings-table.ts by `npm run docs`. */
import type { RedactionRules } from './redaction.ts';

/** Settings of the gateway. docs/configuration.md has the name of each one's variable. */
export interface Settings {
  /**
   * Address to listen on. The image sets `0.0.0.0`. Must be an address to listen on. Default: `127.0.0.1`.
   */
  readonly host?: string | undefined;
  /**
   * Port to listen on; 0 takes any free port. Must be a whole number from 0 to 65535. Default: `4000`.
   */
  readonly port?: number | undefined;
  /**
   * Serves `/metrics`, `/healthz` and `/readyz` on this port instead of `port`. Must be a whole number from 0 to
   * 65535.
   */
  readonly opsPort?: number | undefined;
  /**
   * Serves all routes below this path as well. Must be a path such as /stepgate.
   */
  readonly basePath?: string | undefined;
  /**
   * URL of the web UI, for links in `Diagnosis.markdown` and the OAuth metadata of `/mcp`. Must be an http or
   * https URL without credentials, query or fragment.
   */
  readonly publicUrl?: string | undefined;
  /**
   * Trusted proxies. `loopback`, `linklocal` and `uniquelocal` name ranges. Must be false, a number of hops from 1
   * to 32, or a list of addresses and CIDR ranges.
   */
  readonly trustProxy?: false | number | readonly string[] | undefined;
  /**
   * Origins whose pages may send requests and open WebSockets. Must be a list of origins such as
   * https://app.example.com, or '*'.
   */
  readonly corsOrigins?: readonly string[] | undefined;
  /**
   * Lets clients query the schema, and errors suggest names from it. Must be true or false.
   */
  readonly introspection?: boolean | undefined;
  /**
   * Serves Apollo Sandbox at `/graphql` and GraphiQL at `/graphiql` to browsers, and allows Sandbox's origins.
   * Must be true or false.
   */
  readonly sandbox?: boolean | undefined;
  /**
   * Sends `Strict-Transport-Security` when a trusted proxy sends `X-Forwarded-Proto: https`. Needs `trustProxy`.
   * Must be a whole number of seconds from 0 to 63072000.
   */
  readonly hstsMaxAgeSeconds?: number | undefined;
  /**
   * Lowest level to log. Must be one of fatal, error, warn, info, debug, trace, silent. Default: `info`.
   */
  readonly logLevel?: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent' | undefined;
  /**
   * Fields of a log line; `ecs` is the Elastic Common Schema. Must be one of json, ecs. Default: `json`.
   */
  readonly logFormat?: 'json' | 'ecs' | undefined;
  /**
   * Source revision, for `stepgate_build_info`. Also a build argument of the image. Must be at most 64 letters,
   * digits and ._+-.
   */
  readonly buildRevision?: string | undefined;
  /**
   * In production, `upstreamUrl` is required, and `introspection` and `sandbox` are off by default. Must be true
   * or false.
   */
  readonly production?: boolean | undefined;
  /**
   * Base URL of the workflow API. `sample` serves the embedded sample, even in production. Must be an http or
   * https URL without credentials, query or fragment, or sample. Default: sample.
   */
  readonly upstreamUrl?: string | undefined;
  /**
   * Calls that the upstream offers. `steps` is always on. Must be a list of these: steps, run, runs, workflows,
   * execute, cancel, resume. Default: `steps,run,runs,workflows,execute`; all for the sample.
   */
  readonly upstreamEndpoints?:
    readonly ('steps' | 'run' | 'runs' | 'workflows' | 'execute' | 'cancel' | 'resume')[] | undefined;
  /**
   * Timeout of one attempt. No retry starts later than this after the first attempt. Must be a whole number of
   * milliseconds from 1 to 86400000. Default: `10000`.
   */
  readonly upstreamTimeoutMs?: number | undefined;
  /**
   * Concurrent upstream calls. Others wait. Must be a whole number from 1 to 10000. Default: `64`.
   */
  readonly upstreamConcurrency?: number | undefined;
  /**
   * Largest upstream response, after decompression. Must be a whole number of bytes from 1024 to 536870912.
   * Default: `16777216`.
   */
  readonly upstreamMaxResponseBytes?: number | undefined;
  /**
   * Additional statuses of the upstream. Must be an object of words, each once and with a status, such as {
   * failure: 'FAILED' } (statuses: PENDING, RUNNING, WAITING, COMPLETED, FAILED, CANCELLED, SKIPPED).
   */
  readonly statusWords?:
    | Readonly<Record<string, 'PENDING' | 'RUNNING' | 'WAITING' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'SKIPPED'>>
    | undefined;
  /**
   * A run's page in the upstream's web UI, for `Run.upstreamUrl`. Ids are percent-encoded. Must be an http or
   * https URL without credentials, with {workflowId} and {runId} and no other braces after its host, such as
   * https://app.example.com/workflows/{workflowId}/runs/{runId}.
   */
  readonly runUrlTemplate?: string | undefined;
  /**
   * The same for `Workflow.upstreamUrl`. Must be an http or https URL without credentials, with {workflowId} and
   * no other braces after its host, such as https://app.example.com/workflows/{workflowId}.
   */
  readonly workflowUrlTemplate?: string | undefined;
  /**
   * Header that carries the key, such as `x-api-key: {key}`. Must be a header with {key} in its value, not a
   * reserved one. Default: `authorization: Bearer {key}`.
   */
  readonly upstreamAuthHeader?: string | undefined;
  /**
   * Additional headers for each upstream call, such as `x-tenant: acme; x-stage: test`. Must be an object of
   * headers, none reserved.
   */
  readonly upstreamHeaders?: Readonly<Record<string, string>> | undefined;
  /**
   * Proxy for an `http` upstream. Must be the http or https URL of a proxy, with % in a password as %25.
   */
  readonly httpProxy?: string | undefined;
  /**
   * Proxy for an `https` upstream, through CONNECT. Must be the http or https URL of a proxy, with % in a password
   * as %25.
   */
  readonly httpsProxy?: string | undefined;
  /**
   * Hosts to reach without a proxy. Must be a comma-separated list of hosts.
   */
  readonly noProxy?: string | undefined;
  /**
   * How long data of an unfinished run is served before it is fetched again. Must be a whole number of
   * milliseconds from 0 to 86400000. Default: `1000`.
   */
  readonly liveTtlMs?: number | undefined;
  /**
   * Quiet period after which a run without a record, or with a step left running, counts as final. Must be a whole
   * number of milliseconds from 0 to 86400000. Default: `30000`.
   */
  readonly settleMs?: number | undefined;
  /**
   * How long the last good data is served while the upstream fails. Must be a whole number of milliseconds from 0
   * to 86400000. Default: `300000`.
   */
  readonly staleIfErrorMs?: number | undefined;
  /**
   * How long cached data is served after the last successful call of the same viewer. Must be a whole number of
   * milliseconds from 0 to 86400000. Default: `300000`.
   */
  readonly reauthIntervalMs?: number | undefined;
  /**
   * Total size of all caches. Must be a whole number of bytes from 0 to 1099511627776. Default: `268435456`.
   */
  readonly cacheMaxBytes?: number | undefined;
  /**
   * Upstream calls that one operation may make. Must be a whole number from 1 to 100000. Default: `200`.
   */
  readonly maxUpstreamCalls?: number | undefined;
  /**
   * Objects in the response to one operation. Must be a whole number from 1 to 10000000. Default: `25000`.
   */
  readonly maxOperationObjects?: number | undefined;
  /**
   * Largest response to one operation, as JSON. Must be a whole number of bytes from 1024 to 536870912. Default:
   * `16777216`.
   */
  readonly maxAnswerBytes?: number | undefined;
  /**
   * Operations per minute of one caller, over all transports. Must be a whole number from 1 to 1000000.
   */
  readonly rateLimitPerMinute?: number | undefined;
  /**
   * Operations per minute from one address without an accepted key. Always on. Must be a whole number from 1 to
   * 1000000. Default: `600`.
   */
  readonly rateLimitAnonymousPerMinute?: number | undefined;
  /**
   * Runs and workflows that one caller may watch at once. Must be a whole number from 1 to 1000000. Default:
   * `5000`.
   */
  readonly maxSubscriptionsPerViewer?: number | undefined;
  /**
   * Concurrent client connections. Any more are closed at once. Must be a whole number from 1 to 1000000. Default:
   * `10000`.
   */
  readonly maxConnections?: number | undefined;
  /**
   * Concurrent operations on one WebSocket. Must be a whole number from 1 to 10000. Default: `100`.
   */
  readonly maxSubscriptionsPerConnection?: number | undefined;
  /**
   * How `persistedManifests` are used: limits.md. Must be one of off, allow, only. Default: `off`.
   */
  readonly persistedOperations?: 'off' | 'allow' | 'only' | undefined;
  /**
   * Manifests of operations, which are read again when they change. Must be a list of paths of manifests.
   */
  readonly persistedManifests?: readonly string[] | undefined;
  /**
   * Tools at `/mcp`: the bundled ones, the operations of `persistedManifests`, or none. Must be one of on,
   * manifest, off. Default: `on`.
   */
  readonly mcp?: 'on' | 'manifest' | 'off' | undefined;
  /**
   * Mutations that are also tools, such as `start_run`. Must be a list of names of mutations.
   */
  readonly mcpMutations?: readonly string[] | undefined;
  /**
   * Path of a JSON file with prices of models. Without it, every `estimatedCost` and `wastedCost` is null. Must be
   * the path of a JSON file.
   */
  readonly tokenPrices?: string | undefined;
  /**
   * Path of a JSON file: what callers may not read in payloads and errors (redaction). Must be the path of a JSON
   * file, or an object of rules.
   */
  readonly redaction?: string | RedactionRules | undefined;
  /**
   * The key that is sent upstream: the caller's, or `upstreamApiKey`. Must be one of passthrough, service.
   * Default: `passthrough`.
   */
  readonly upstreamAuth?: 'passthrough' | 'service' | undefined;
  /**
   * The gateway's key for the upstream. Must be a key without spaces.
   */
  readonly upstreamApiKey?: string | undefined;
  /**
   * Keys that callers may send instead of a token. Keys with the same name are one caller. Must be a list of
   * SHA-256 hashes in hex, as hash, name:hash or name+right:hash.
   */
  readonly gatewayKeysSha256?: readonly string[] | undefined;
  /**
   * The public keys of the token issuer, as a JSON Web Key Set. Must be an http or https URL without credentials,
   * or the path of a file.
   */
  readonly authJwks?: string | undefined;
  /**
   * Required value of `iss`. Must be set with `authJwks`. Must be the value of `iss`.
   */
  readonly authIssuer?: string | undefined;
  /**
   * Required value of `aud`. Must be set with `authJwks`. Must be the value of `aud`.
   */
  readonly authAudience?: string | undefined;
  /**
   * Accepted signature algorithms. Must be a list of these: RS256, RS384, RS512, PS256, PS384, PS512, ES256,
   * ES384, ES512, EdDSA. Default: `RS256,ES256,EdDSA`.
   */
  readonly authAlgorithms?:
    | readonly ('RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512' | 'ES256' | 'ES384' | 'ES512' | 'EdDSA')[]
    | undefined;
  /**
   * Accepted clock difference between issuer and gateway. Must be a whole number of seconds from 0 to 300.
   * Default: `0`.
   */
  readonly authClockToleranceSeconds?: number | undefined;
  /**
   * Claim with the id of the caller's organization. Needs the upstream's `workflows` call. Must be the name of a
   * claim.
   */
  readonly authOrganizationClaim?: string | undefined;
  /**
   * Claim with the ids of the workflows that the caller may see. Must be the name of a claim.
   */
  readonly authWorkflowsClaim?: string | undefined;
  /**
   * Right required for mutations: in `scope`, `scp`, `roles` or `permissions` of a token, or among the rights of a
   * key. Must be a right without spaces, such as runs:execute.
   */
  readonly authExecuteScope?: string | undefined;
  /**
   * Valkey 8 or Redis 7.2, such as `rediss://user:password@valkey.example:6379/0`. Needs `fleetSecret`. Must be a
   * redis or rediss URL, with % in a password as %25.
   */
  readonly redisUrl?: string | undefined;
  /**
   * Secrets that all gateways share, for example from `openssl rand -base64 48`. The first encrypts, all decrypt.
   * Must be a list of secrets of at least 32 bytes.
   */
  readonly fleetSecret?: readonly string[] | undefined;
  /**
   * How long final runs are shared. Must be a whole number of seconds from 1 to 31536000. Default: `604800`.
   */
  readonly sharedTtlS?: number | undefined;
  /**
   * Timeout of one command. After that, the gateway works alone until Valkey responds. Must be a whole number of
   * milliseconds from 1 to 10000. Default: `50`.
   */
  readonly redisTimeoutMs?: number | undefined;
}
