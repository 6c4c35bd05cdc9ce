/** The calls of the API. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { problemsOf } from './answers.ts';
import type { JsonObject, WorkflowDefinition } from './definition.ts';
import type { Run } from './engine.ts';
import { asksOf } from './outputs.ts';
import { bearerKeyOf, jsonObjectOf, pageOf, RequestError } from './request.ts';
import { API_KEYS, type Store } from './store.ts';
import { runOnWire, stepsOnWire, workflowOnWire } from './wire.ts';

type Call = FastifyRequest<{
  readonly Params: { readonly workflow: string; readonly run: string; readonly step: string };
  readonly Querystring: Readonly<Record<string, unknown>>;
}>;

/** Throws for an unknown key. */
export function viewerOf(request: Pick<FastifyRequest, 'headers'>) {
  const viewer = API_KEYS.get(bearerKeyOf(request) ?? '');
  if (viewer) return viewer;
  throw new RequestError(401, 'The header must be "Authorization: Bearer <API key>" with a known key');
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export function addRoutes(app: FastifyInstance, store: Store): void {
  const organizationOf = (call: Pick<FastifyRequest, 'headers'>) => store.organization(viewerOf(call).organizationId);
  const workflowOf = (call: Call): WorkflowDefinition => {
    const workflow = organizationOf(call).workflow(call.params.workflow);
    if (workflow) return workflow;
    throw new RequestError(404, 'No such workflow');
  };
  const runOf = (call: Call): Run => {
    const run = organizationOf(call).run(workflowOf(call), call.params.run);
    if (run) return run;
    throw new RequestError(404, 'This workflow has no such run');
  };

  // Runs even before the response about an unknown path.
  app.addHook('onRequest', (request, _reply, done) => {
    viewerOf(request);
    done();
  });
  const route = (method: 'GET' | 'POST', url: string, handler: (call: Call) => unknown): void => {
    app.route({ method, url, handler });
    const others = METHODS.filter((other) => other !== method);
    app.route({
      method: others,
      url,
      handler: (_call, reply) => {
        reply.header('allow', method);
        throw new RequestError(405, `The method must be ${method}`);
      },
    });
  };
  route('GET', '/workflows', (call) => {
    const { id, workflows } = organizationOf(call);
    return workflows.map((workflow) => workflowOnWire(workflow, id));
  });
  route('GET', '/workflows/:workflow/runs', (call) => {
    const { limit, offset } = pageOf(call.query);
    const runs = organizationOf(call).runs(workflowOf(call));
    return runs.slice(offset, offset + limit).map(runOnWire);
  });
  route('GET', '/workflows/:workflow/runs/:run', (call) => [runOnWire(runOf(call))]);
  route('GET', '/workflows/:workflow/runs/:run/steps', (call) => stepsOnWire(runOf(call), organizationOf(call).id));
  route('POST', '/workflows/:workflow/execute', (call) => {
    const workflow = workflowOf(call);
    const run = organizationOf(call).execute(workflow, jsonObjectOf(call.body), viewerOf(call).userId);
    return { message: 'Workflow execution started', run_id: run.id };
  });
  route('POST', '/workflows/:workflow/runs/:run/cancel', (call) => {
    const isCancelled = organizationOf(call).actionsOn(runOf(call)).cancel(viewerOf(call).userId);
    if (!isCancelled) throw new RequestError(409, 'The run is over');
    return { message: 'Run cancelled' };
  });
  route('POST', '/workflows/:workflow/runs/:run/steps/:step/resume', (call) => {
    const run = runOf(call);
    const step = run.steps.find(({ id }) => id === call.params.step);
    if (!step) throw new RequestError(404, 'This run has no such step');
    const asks = asksOf(run, step);
    if (!asks || step.status !== 'paused') throw new RequestError(409, 'The step does not wait');
    const { answer = null } = jsonObjectOf(call.body);
    const problems = problemsOf(answer, asks.form);
    if (problems.length > 0) throw new RequestError(422, 'The answer does not fit', problems);
    organizationOf(call)
      .actionsOn(run)
      .resume(step.id, answer as JsonObject);
    return { message: 'Answer accepted' };
  });
}
