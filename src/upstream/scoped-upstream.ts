/**
 * Holds what narrows a viewer's scope where answers come in: nothing that is out of it gets into a cache of the viewer,
 * whichever call brought it.
 */
import type { WorkflowRecord } from '../domain/types.ts';
import type { CallOptions, UpstreamApi } from './client.ts';
import { GatewayError } from './errors.ts';
import { checkId } from './ids.ts';
import type { Scope } from './scope.ts';

/** Whose a workflow is seldom changes; one that is not known may just have been made. */
const KNOWN_MS = 60_000;
const UNKNOWN_MS = 1000;

interface Directory {
  readonly readAt: number;
  readonly organizations: Promise<ReadonlyMap<string, string | null>>;
}

/** The upstream, which answers as if what is out of the caller's scope were not there. */
export function createScopedUpstream(upstream: UpstreamApi, now: () => number): UpstreamApi {
  const directories = new Map<string, Directory>();

  /** One reading serves all whom the same key serves, so it is given up with none of them. */
  function readDirectory({ credential, requestId }: CallOptions): Directory {
    const { signal } = new AbortController();
    const organizations = upstream
      .listWorkflows({ credential, requestId, signal, scope: null })
      .then(({ value }) => new Map(value.map(({ id, organizationId }) => [id, organizationId])));
    const directory: Directory = { readAt: now(), organizations };
    directories.set(credential, directory);
    organizations.catch(() => {
      if (directories.get(credential) === directory) directories.delete(credential);
    });
    return directory;
  }

  function directoryOf(call: CallOptions, maxAgeMs: number): Directory {
    const known = directories.get(call.credential);
    return known && now() < known.readAt + maxAgeMs ? known : readDirectory(call);
  }

  async function organizationOf(workflowId: string, call: CallOptions): Promise<string | null> {
    for (const maxAgeMs of [KNOWN_MS, UNKNOWN_MS]) {
      const organizations = await directoryOf(call, maxAgeMs).organizations;
      if (organizations.has(workflowId)) return organizations.get(workflowId) ?? null;
    }
    return null;
  }

  async function checkWorkflow(workflowId: string, call: CallOptions): Promise<void> {
    const { scope } = call;
    if (!scope) return;
    checkId('workflow id', workflowId);
    if (scope.workflowIds && !scope.workflowIds.has(workflowId)) throw notThere();
    if (scope.organizationId === null) return;
    if ((await organizationOf(workflowId, call)) !== scope.organizationId) throw notThere();
  }

  return {
    async listSteps(ref, call) {
      await checkWorkflow(ref.workflowId, call);
      const answer = await upstream.listSteps(ref, call);
      const organizationId = call.scope?.organizationId ?? null;
      const isOfAnother = (other: string | null) => other !== null && other !== organizationId;
      if (organizationId !== null && answer.value.some((step) => isOfAnother(step.organizationId))) throw notThere();
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

const isInScope = ({ id, organizationId: of }: WorkflowRecord, { organizationId, workflowIds }: Scope): boolean =>
  (organizationId === null || of === organizationId) && (!workflowIds || workflowIds.has(id));

/** The very words that stand for a 404: nobody is to learn that there is something. */
const notThere = (): GatewayError =>
  new GatewayError('NOT_FOUND', 'the upstream knows nothing by this id', { upstreamStatus: 404 });
