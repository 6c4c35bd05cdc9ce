/** Enforces a viewer's scope where answers enter the gateway, so that no cache of the viewer has other data. */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { WorkflowRecord } from '../domain/types.ts';
import type { CallOptions, UpstreamApi } from './client.ts';
import { GatewayError, isAccessDenied, isOutage } from './errors.ts';
import { checkId } from './ids.ts';
import type { Scope } from './scope.ts';

/** A workflow seldom changes its organization. A workflow that is not listed may just have been created. */
const LISTED_MS = 60_000;
const NOT_LISTED_MS = 1000;

type Organizations = ReadonlyMap<string, string | null>;

/** Organizations of all workflows, from one answer. */
interface Directory {
  readonly readAt: number;
  readonly organizations: Organizations;
  /** Time of the latest outage that prevented a new reading. */
  failedAt: number;
}

interface Reading {
  readonly begunAt: number;
  readonly organizations: Promise<Organizations>;
}

/** About 60,000 workflows. In service mode all calls have one credential; an `authenticate` hook may use many. */
const MAX_DIRECTORY_BYTES = 8 * 2 ** 20;
const DIRECTORY_BYTES = 1000;
const WORKFLOW_BYTES = 100;
/**
 * A separate queue: all viewers of a credential wait for the list, so it must not wait behind the calls of one of them.
 */
const queueOf = (credential: string): string => `list of ${hash('sha256', credential, 'base64url')}`;

/** Wraps the upstream, as if all data outside the caller's scope did not exist. */
export function createScopedUpstream(upstream: UpstreamApi, staleIfErrorMs: number, now: () => number): UpstreamApi {
  /** Latest list by credential. */
  const directories = new LRUCache<string, Directory>({ maxSize: MAX_DIRECTORY_BYTES });
  const underWay = new Map<string, Reading>();

  /** All viewers of the credential share this call, so a client that disconnects does not abort it. */
  function beginReading({ credential, requestId }: CallOptions): Reading {
    const { signal } = new AbortController();
    const organizations = upstream
      .listWorkflows({ credential, viewerId: queueOf(credential), requestId, signal, scope: null })
      .then(({ value }) => new Map(value.map(({ id, organizationId }) => [id, organizationId])));
    const reading: Reading = { begunAt: now(), organizations };
    underWay.set(credential, reading);
    /** True if no later reading has begun. */
    const end = () => underWay.get(credential) === reading && underWay.delete(credential);
    organizations.then(
      (read) => {
        if (!end()) return;
        const directory = { readAt: reading.begunAt, organizations: read, failedAt: -Infinity };
        directories.set(credential, directory, { size: bytesOf(read) });
      },
      (error: unknown) => {
        const last = end() && directories.get(credential);
        if (last && isOutage(error)) last.failedAt = now();
        if (isAccessDenied(error)) directories.delete(credential);
      },
    );
    return reading;
  }

  /** In an outage the latest list applies to the workflows that it contains: nothing else says who may see them. */
  async function organizationsWith(workflowId: string, call: CallOptions, maxAgeMs: number): Promise<Organizations> {
    const isYoung = (at: number, ageMs: number) => now() < at + ageMs;
    const last = directories.get(call.credential);
    if (last && isYoung(last.readAt, maxAgeMs)) return last.organizations;
    const known = last?.organizations.has(workflowId) && isYoung(last.readAt, LISTED_MS + staleIfErrorMs) ? last : null;
    if (known && isYoung(known.failedAt, NOT_LISTED_MS)) return known.organizations;
    const other = underWay.get(call.credential);
    const joined = other && isYoung(other.begunAt, maxAgeMs) ? other : null;
    const { organizations } = joined ?? beginReading(call);
    if (!known) return organizations;
    if (known.failedAt > known.readAt || (joined && isYoung(known.readAt, 2 * LISTED_MS))) return known.organizations;
    return organizations.catch((error: unknown) => {
      if (isOutage(error)) return known.organizations;
      throw error;
    });
  }

  async function organizationOf(workflowId: string, call: CallOptions): Promise<string | null> {
    for (const maxAgeMs of [LISTED_MS, NOT_LISTED_MS]) {
      const organizations = await organizationsWith(workflowId, call, maxAgeMs);
      if (organizations.has(workflowId)) return organizations.get(workflowId) ?? null;
    }
    return null;
  }

  async function checkWorkflow(workflowId: string, call: CallOptions): Promise<void> {
    const { scope } = call;
    if (!scope) return;
    checkId('workflow id', workflowId);
    if (scope.workflowIds && !scope.workflowIds.has(workflowId)) throw outOfScope();
    if (scope.organizationId === null) return;
    if ((await organizationOf(workflowId, call)) !== scope.organizationId) throw outOfScope();
  }

  return {
    async listSteps(ref, call) {
      await checkWorkflow(ref.workflowId, call);
      const answer = await upstream.listSteps(ref, call);
      const organizationId = call.scope?.organizationId ?? null;
      const isOfAnother = (other: string | null) => other !== null && other !== organizationId;
      if (organizationId !== null && answer.value.some((step) => isOfAnother(step.organizationId))) throw outOfScope();
      return answer;
    },
    async execute(workflowId, inputs, call) {
      await checkWorkflow(workflowId, call);
      return upstream.execute(workflowId, inputs, call);
    },
    async getRun(ref, call) {
      await checkWorkflow(ref.workflowId, call);
      return upstream.getRun(ref, call);
    },
    async listRuns(window, call) {
      await checkWorkflow(window.workflowId, call);
      return upstream.listRuns(window, call);
    },
    async listWorkflows(call) {
      const answer = await upstream.listWorkflows(call);
      const { scope } = call;
      return scope ? { ...answer, value: answer.value.filter((workflow) => isInScope(workflow, scope)) } : answer;
    },
    close: () => {
      upstream.close();
    },
  };
}

function bytesOf(organizations: ReadonlyMap<string, string | null>): number {
  let bytes = DIRECTORY_BYTES;
  for (const [id, organizationId] of organizations) {
    bytes += WORKFLOW_BYTES + 2 * (id.length + (organizationId?.length ?? 0));
  }
  return bytes;
}

const isInScope = ({ id, organizationId: of }: WorkflowRecord, { organizationId, workflowIds }: Scope): boolean =>
  (organizationId === null || of === organizationId) && (!workflowIds || workflowIds.has(id));

/** Equal to the error of an upstream 404: it must not reveal that something exists. */
const outOfScope = (): GatewayError => new GatewayError('NOT_FOUND', 'not found upstream', { upstreamStatus: 404 });
