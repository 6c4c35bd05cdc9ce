import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { buildSchema, Kind, parse, TypeInfo, validate, visit, type ASTNode } from 'graphql';
import { createEmbeddedUpstream } from '../src/sample/server.ts';
import { KEYS } from '../src/graphql/federation/representations.ts';
import { createManualClock } from './harness/clock.ts';
import { VARIABLES } from './harness/example-variables.ts';
import { SAMPLE, startGateway, TestGateway } from './harness/gateway.ts';
import { perBlock } from './harness/lasting.ts';

const at = (path: string) => new URL(`../${path}`, import.meta.url);
const read = (path: string) => readFileSync(at(path), 'utf8');

const examples = readdirSync(at('examples/operations'))
  .filter((file) => file.endsWith('.graphql'))
  .map((file) => [file, read(`examples/operations/${file}`)] as const);

/**
 * The fields of an answer by their path without indexes. True if any of their values is neither null nor an empty
 * list.
 */
function fieldsIn(value: unknown, path = '', fields = new Map<string, boolean>()): ReadonlyMap<string, boolean> {
  const isEmpty = value === null || (Array.isArray(value) && value.length === 0);
  if (path !== '') fields.set(path, fields.get(path) === true || !isEmpty);
  if (Array.isArray(value)) for (const item of value) fieldsIn(item, path, fields);
  else if (typeof value === 'object') {
    for (const [name, member] of Object.entries(value ?? {})) fieldsIn(member, `${path}/${name}`, fields);
  }
  return fields;
}

const EMPTY_IN_THE_SAMPLE: Readonly<Record<string, readonly string[]>> = {
  'how-far-is-it.graphql': ['/run/running', '/run/freshness/staleReason'],
  'is-anything-wrong-now.graphql': ['/recentRuns/nodes/errorInfo/code', '/recentRuns/unavailableWorkflows'],
  'is-it-stuck.graphql': ['/overdueRuns', '/workflows/nodes/runs/nodes/expectation/remainingMs'],
  'is-this-failure-new.graphql': [
    '/workflow/failureGroups/nodes/returnedAt',
    '/workflow/failureGroups/nodes/suspectedChanges',
  ],
  'since-when-is-it-slower-or-dearer.graphql': ['/workflow/shifts/nodes'],
  'what-do-failing-runs-have-in-common.graphql': ['/workflow/failureGroups/nodes/commonInputs/nodes'],
  'why-did-it-break.graphql': [
    '/run/diagnosis/group/returnedAt',
    '/run/diagnosis/group/commonInputs/nodes',
    '/run/diagnosis/changes',
    '/run/baseline/changes',
  ],
  // Its model isn't priced.
  'what-was-retried.graphql': ['/run/wastedCost/amount'],
  'read-a-conversation.graphql': [
    '/run/steps/conversation/messages/toolCallId',
    '/run/steps/conversation/messages/toolCalls',
  ],
};

describe('the example operations', () => {
  const schema = buildSchema(read('schema.graphql'));
  const environment = {
    TOKEN_PRICES: 'examples/operations/prices.json',
    RUN_URL_TEMPLATE: 'https://app.example.com/{workflowId}/{runId}',
    WORKFLOW_URL_TEMPLATE: 'https://app.example.com/{workflowId}',
  };
  const gateway = perBlock(
    new TestGateway({ upstream: SAMPLE, env: environment, clock: { now: createManualClock().now } }),
  );
  const ask = (document: string) => gateway.query(document, { key: 'demo-key', variables: VARIABLES });

  it.each(examples)('%s is valid, and the sample has a value for every field', async (file, document) => {
    expect(validate(schema, parse(document))).toEqual([]);
    const { data, errors } = await ask(document);
    expect(errors).toEqual([]);
    const empty = [...fieldsIn(data)].flatMap(([field, hasValue]) => (hasValue ? [] : [field]));
    expect(empty).toEqual(EMPTY_IN_THE_SAMPLE[file] ?? []);
  });

  it('show, answer and cancel a waiting run', async () => {
    const upstream = await createEmbeddedUpstream({ port: 0, pace: 50 });
    const env = { UPSTREAM_ENDPOINTS: 'steps,run,runs,workflows,execute,cancel,resume', LIVE_TTL_MS: '10' };
    const gateway = await startGateway({ upstream, env });
    const run = async (file: string, variables: object): Promise<Readonly<Record<string, unknown>>> => {
      const answer = await gateway.query(read(`examples/operations/${file}`), {
        key: 'demo-key',
        variables: { ...variables },
      });
      expect([file, answer.errors]).toEqual([file, []]);
      return answer.data as Readonly<Record<string, unknown>>;
    };
    const start = async () => {
      const inputs = { simulate: 'wait' };
      const { executeWorkflow } = await run('run-it-again.graphql', { workflowId: 'invoice-extraction', inputs });
      return { workflowId: 'invoice-extraction', runId: (executeWorkflow as { run: { id: string } }).run.id };
    };
    const answered = await start();
    let stepId: string | undefined;
    while (stepId === undefined) {
      const { run: waiting } = (await run('actions/what-does-it-wait-for.graphql', answered)) as {
        run: { status: string; steps: { id: string }[] };
      };
      // The record may be older than the steps.
      if (waiting.status !== 'WAITING') continue;
      stepId = waiting.steps[0]?.id;
      if (stepId === undefined) continue;
      expect(waiting).toMatchObject({
        ...{ status: 'WAITING', availableActions: ['CANCEL'] },
        steps: [{ availableActions: ['RESUME'], waitingFor: { message: 'Approve this invoice?' } }],
      });
    }
    expect(
      await run('actions/answer-a-waiting-step.graphql', { ...answered, stepId, answer: { approved: true } }),
    ).toMatchObject({
      resumeStep: { step: { id: stepId, status: 'COMPLETED', outputs: { approved: true } } },
    });
    expect(await run('actions/cancel-a-run.graphql', await start())).toMatchObject({
      cancelRun: { run: { status: 'CANCELLED', isFinished: true, availableActions: [] } },
    });
    await gateway.close();
    await upstream.close();
  });

  it.each(examples)('%s selects the keys that caches need', (_, document) => {
    const types = new TypeInfo(schema);
    const missing: string[] = [];
    const enter = (node: ASTNode) => {
      types.enter(node);
      if (node.kind !== Kind.SELECTION_SET) return;
      const type = types.getParentType()?.name;
      const selected = node.selections.map((part) => (part.kind === Kind.FIELD ? part.name.value : ''));
      for (const [name, key] of Object.entries(KEYS)) {
        if (name === type) missing.push(...key.filter((field) => !selected.includes(field)));
      }
    };
    const leave = (node: ASTNode) => {
      types.leave(node);
    };
    visit(parse(document), { enter, leave });
    expect(missing).toEqual([]);
  });

  it.each(examples)('%s has a description for tools', (_, document) => {
    const [operation] = parse(document).definitions;
    expect(operation?.kind === Kind.OPERATION_DEFINITION && operation.description?.value).toBeTruthy();
  });

  it('are all linked from docs/README.md', () => {
    const index = read('docs/README.md');
    for (const [file] of examples) expect(index).toContain(`(../examples/operations/${file})`);
  });

  it('have the real response to the query in README.md', async () => {
    const readme = read('README.md');
    const [, command = ''] = /```sh\n(curl [\s\S]+?)```/.exec(readme) ?? [];
    const [, answer = ''] = /```json\n([\s\S]+?)```/.exec(readme) ?? [];
    const [, body = ''] = /-d '([^']+)'/.exec(command) ?? [];
    expect(command).toContain("-H 'authorization: Bearer demo-key'");
    const { query } = JSON.parse(body) as { query: string };
    const { data } = await ask(query);
    expect({ data }).toEqual(JSON.parse(answer));
  });
});
