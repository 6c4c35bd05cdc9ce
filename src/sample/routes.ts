/** The five calls of the API: finds the answer by path and method. */
import type { IncomingMessage } from 'node:http';
import type { Json, WorkflowDefinition } from './definition.ts';
import type { Run } from './engine.ts';
import { bearerKeyOf, jsonObjectOf, pageOf, RequestError, targetOf } from './request.ts';
import { API_KEYS, type Organization, type Store } from './store.ts';
import { runOnWire, stepsOnWire, workflowOnWire } from './wire.ts';

/** A request that has passed the key check. */
interface Call {
  readonly organization: Organization;
  readonly userId: string;
  /** The parts of the path at `:workflow` and `:run`. */
  readonly workflowId: string;
  readonly runId: string;
  readonly query: URLSearchParams;
  readonly request: IncomingMessage;
}

interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: readonly string[];
  readonly answer: (call: Call) => Json | Promise<Json>;
}

const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    path: ['workflows', ':workflow', 'runs', ':run', 'steps'],
    answer: (call) => stepsOnWire(runOf(call), call.organization.id),
  },
  {
    method: 'POST',
    path: ['workflows', ':workflow', 'execute'],
    answer: async (call) => {
      const workflow = workflowOf(call);
      const inputs = await jsonObjectOf(call.request);
      const run = call.organization.execute(workflow, inputs, call.userId);
      return { message: 'Workflow execution started', run_id: run.id };
    },
  },
  {
    method: 'GET',
    path: ['workflows', ':workflow', 'runs', ':run'],
    answer: (call) => [runOnWire(runOf(call))],
  },
  {
    method: 'GET',
    path: ['workflows', ':workflow', 'runs'],
    answer: (call) => {
      const runs = call.organization.runs(workflowOf(call));
      const { limit, offset } = pageOf(call.query);
      return runs.slice(offset, offset + limit).map(runOnWire);
    },
  },
  {
    method: 'GET',
    path: ['workflows'],
    answer: ({ organization }) => organization.workflows.map((workflow) => workflowOnWire(workflow, organization.id)),
  },
];

/** Throws a RequestError if the answer is an error. */
export async function answer(request: IncomingMessage, store: Store): Promise<Json> {
  const viewer = API_KEYS.get(bearerKeyOf(request) ?? '');
  if (!viewer) {
    throw new RequestError(401, 'The header must be "Authorization: Bearer <API key>" with a known key', {
      'www-authenticate': 'Bearer',
    });
  }
  const { segments, query } = targetOf(request);
  const routes = ROUTES.filter(({ path }) => matches(path, segments));
  if (routes.length === 0) throw new RequestError(404, 'No such path');
  const route = routes.find(({ method }) => method === request.method);
  if (!route) {
    const allowed = routes.map(({ method }) => method).join(', ');
    throw new RequestError(405, `The method must be ${allowed}`, { allow: allowed });
  }
  return route.answer({
    organization: store.organization(viewer.organizationId),
    userId: viewer.userId,
    workflowId: segments[1] ?? '',
    runId: segments[3] ?? '',
    query,
    request,
  });
}

const matches = (path: readonly string[], segments: readonly string[]): boolean =>
  path.length === segments.length && path.every((part, index) => part.startsWith(':') || part === segments[index]);

function workflowOf({ organization, workflowId }: Call): WorkflowDefinition {
  const workflow = organization.workflow(workflowId);
  if (!workflow) throw new RequestError(404, 'No such workflow');
  return workflow;
}

function runOf(call: Call): Run {
  const run = call.organization.run(workflowOf(call), call.runId);
  if (!run) throw new RequestError(404, 'This workflow has no such run');
  return run;
}
