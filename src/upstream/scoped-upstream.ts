/** Enforces a viewer's scope where responses enter the gateway, so none of the viewer's caches has other data. */
import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { WorkflowRecord } from '../domain/types.ts';
import type { CallOptions, Scope, UpstreamApi } from './client.ts';
import { GatewayError, isOutage } from './errors.ts';
import { checkId } from './ids.ts';
import { Requesters, type Requester } from './requesters.ts';

/** A workflow rarely changes its organization. One that isn't listed may have just been created. */
const LISTED_MS = 60_000;
const NOT_LISTED_MS = 1000;

/** Organizations of all workflows, from one response. */
interface Directory {
  readonly readAt: number;
  readonly organizations: ReadonlyMap<string, string | null>;
  /** Outage that prevented a new reading, or null if the directory is up to date. */
  readonly outage: GatewayError | null;
}

/** About 60,000 workflows. In service mode, all calls have one credential; an `authenticate` hook may use many. */
const MAX_DIRECTORY_BYTES = 8 * 2 ** 20;
const DIRECTORY_BYTES = 1000;
const WORKFLOW_BYTES = 100;
/**
 * Not one of the callers: all with this credential wait for the list, so it must not queue behind one caller's calls.
 */
const requesterOf = (credential: string): Requester => ({
  owner: `list of ${hash('sha256', credential, 'base64url')}`,
  network: () => '',
  isStranger: () => false,
});

/** Wraps the upstream as if data outside the caller's scope didn't exist. */
export function createScopedUpstream(upstream: UpstreamApi, staleIfErrorMs: number, now: () => number): UpstreamApi {
  /** By credential. All its viewers share a reading, so a disconnecting client doesn't abort it. */
  const directories = new LRUCache<string, Directory, CallOptions>({
    ...{ maxSize: MAX_DIRECTORY_BYTES, sizeCalculation: bytesOf },
    // An entry as old as its ttl counts as fresh.
    ...{ ttl: LISTED_MS - 1, ttlResolution: 0, perf: { now } },
    async fetchMethod(credential, last, { context: { requestId, reader }, options }) {
      const readAt = now();
      const { signal } = new AbortController();
      const requester = requesterOf(credential);
      const requesters = new Requesters(requester);
      const call = {
        credential,
        viewerId: requester.owner,
        requesters,
        requestId,
        signal,
        reader,
        scope: null,
        redaction: null,
      };
      try {
        const { value } = await upstream.listWorkflows(call);
        const organizations = new Map(value.map(({ id, organizationId }) => [id, organizationId]));
        return { readAt, organizations, outage: null };
      } catch (error) {
        if (!last || !isOutage(error) || !isUsable(last)) throw error;
        options.ttl = NOT_LISTED_MS - 1;
        return { ...last, outage: error };
      }
    },
  });

  /** During an outage, the last directory applies to its workflows, because nothing else says who may see them. */
  const isUsable = ({ readAt }: Directory): boolean => now() < readAt + LISTED_MS + staleIfErrorMs;

  async function organizationOf(workflowId: string, call: CallOptions): Promise<string | null> {
    const last = directories.peek(call.credential, { allowStale: true });
    // The upstream may hang, so only the first reading after a success is awaited.
    const allowStale = last?.outage != null && isUsable(last);
    const read = (forceRefresh: boolean) =>
      directories.forceFetch(call.credential, { context: call, forceRefresh, allowStale });
    let directory = await read(false);
    const isListed = () => directory.organizations.has(workflowId);
    if (!isListed() && !directory.outage && now() >= directory.readAt + NOT_LISTED_MS) directory = await read(true);
    if (!isListed() && directory.outage) throw directory.outage;
    return directory.organizations.get(workflowId) ?? null;
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
    async write(write, call) {
      await checkWorkflow(write.workflowId, call);
      return upstream.write(write, call);
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

function bytesOf({ organizations }: Directory): number {
  let bytes = DIRECTORY_BYTES;
  for (const [id, organizationId] of organizations) {
    bytes += WORKFLOW_BYTES + 2 * (id.length + (organizationId?.length ?? 0));
  }
  return bytes;
}

const isInScope = ({ id, organizationId: of }: WorkflowRecord, { organizationId, workflowIds }: Scope): boolean =>
  (organizationId === null || of === organizationId) && (!workflowIds || workflowIds.has(id));

/** Equal to the error of an upstream 404, because it must not reveal that something exists. */
const outOfScope = (): GatewayError => new GatewayError('NOT_FOUND', 'Not found upstream.', { upstreamStatus: 404 });
