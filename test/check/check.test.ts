/** `stepgate check` over real HTTP: in this process, and as a separate process where that adds something. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { runCheck } from '../../src/check/run-check.ts';
import { readVariables } from '../../src/cli/command-line.ts';
import { readConfig } from '../../src/config/config.ts';
import { UsageError } from '../../src/config/usage.ts';
import { perTest } from '../harness/lasting.ts';
import { runCommand } from '../harness/process.ts';
import { type Call, type Endpoint, type Reply, type Script, ScriptedUpstream } from '../harness/upstream.ts';
import { wireRun, wireStep, wireWorkflow } from '../harness/wire.ts';
import { createScriptedHistory } from '../harness/workflows.ts';

const KEY = 'canary-key';

describe('stepgate check', () => {
  /** In place of the tidy answers. */
  let replies: Partial<Record<Endpoint, Reply>>;
  beforeEach(() => {
    replies = {};
  });
  const tidy: Script = ({ endpoint, runId, workflowId, url }) => {
    if (endpoint === 'workflows') return { json: ['idle', 'wf'].map((id) => wireWorkflow(id)) };
    if (endpoint === 'runs') {
      const runs = workflowId === 'wf' ? [wireRun('live', { status: 'running' }), wireRun('done')] : [];
      return { json: runs.slice(Number(url.searchParams.get('offset'))) };
    }
    if (endpoint === 'run') return { json: [wireRun(runId)] };
    if (endpoint === 'steps') return { json: [wireStep()] };
    return endpoint === 'execute' ? { json: { run_id: 'new', message: 'started' } } : { status: 404 };
  };
  const upstream = perTest(new ScriptedUpstream((call) => replies[call.endpoint] ?? tidy(call)));

  type Environment = Readonly<Record<string, string>>;
  const settings = (environment: Environment) => ({
    UPSTREAM_URL: upstream.url,
    STEPGATE_CHECK_KEY: KEY,
    ...environment,
  });

  const checkByProcess = (args: readonly string[] = [], environment: Environment = {}, input = '') =>
    runCommand(['check', ...args], settings(environment), input);

  async function check(args: readonly string[] = [], given: Environment = {}, input = '') {
    const environment = settings(given);
    let stdout = '';
    const code = await runCheck({
      configWith: (file) => readConfig(readVariables(file, environment)),
      args,
      environment,
      readStdin: () => Promise.resolve(input),
      write: (text) => void (stdout += text),
    });
    return { code, stdout };
  }

  /** The report of a call, with the lines below it. */
  const saidOf = (endpoint: Endpoint, report: string): string =>
    new RegExp(`^${endpoint} .*(?:\n  .*)*`, 'm').exec(report)?.[0] ?? '';

  it('makes each call of a conforming upstream, and exits with 0', async () => {
    const { code, stdout, stderr } = await checkByProcess();
    expect(stderr).toBe('');
    expect(saidOf('workflows', stdout)).toMatch(/works: 2 workflows$/);
    expect(saidOf('runs', stdout)).toMatch(/works: 2 runs of workflow "wf"$/);
    expect(saidOf('run', stdout)).toMatch(/works: run "done", status "completed"$/);
    expect(saidOf('steps', stdout)).toMatch(/works: 1 steps of run "done"$/);
    expect(saidOf('execute', stdout)).toMatch(/not tried: it would start a run: use --execute$/);
    expect(stdout).toContain('All attempted calls work.');
    expect(code).toBe(0);
    expect(upstream.calls.map(({ endpoint, key }) => [endpoint, key])).toEqual(
      ['workflows', 'runs', 'runs', 'runs', 'run', 'steps'].map((endpoint) => [endpoint, KEY]),
    );
    expect(stdout).not.toContain(KEY);
  });

  it('uses the given workflow and run, and starts a run with --execute', async () => {
    const inputs = '{"subject":"Refund?","order":12345678901234567890}';
    const named = ['--workflow', 'urn:wf 1', '--run', 'a/b', '--execute', '--inputs', inputs];
    const { code, stdout } = await check(named);
    expect(saidOf('steps', stdout)).toMatch(/works: 1 steps of run "a\/b"$/);
    expect(saidOf('execute', stdout)).toMatch(/works: started run "new" of workflow "urn:wf 1"$/);
    expect(code).toBe(0);
    expect(upstream.calls.at(-1)).toMatchObject({
      endpoint: 'execute',
      workflowId: 'urn:wf 1',
      body: '{"subject":"Refund?","order":"12345678901234567890"}',
    });
    expect(upstream.count('execute')).toBe(1);
  });

  describe('an upstream with actions', () => {
    const ACTIONS = { UPSTREAM_ENDPOINTS: 'steps,run,runs,workflows,execute,cancel,resume' };
    beforeEach(() => {
      replies = {
        steps: { json: [wireStep({ id: 's1', status: 'paused', end_time: null })] },
        ...{ cancel: { status: 202, raw: '' }, resume: { json: { message: 'done' } } },
      };
    });

    it('changes no run without --execute', async () => {
      const { code, stdout } = await check([], ACTIONS);
      for (const endpoint of ['resume', 'cancel'] as const) {
        expect(saidOf(endpoint, stdout)).toMatch(/ not tried: it would change a run: use --execute$/);
      }
      expect(upstream.calls.filter(({ body }) => body !== '')).toEqual([]);
      expect(code).toBe(0);
    });

    it('answers a step of the run it started, then cancels it', async () => {
      const { code, stdout } = await check(['--execute', '--answer', '{"approved":true}'], ACTIONS);
      expect(saidOf('resume', stdout)).toMatch(/ works: answered step "s1" of that run$/);
      expect(saidOf('cancel', stdout)).toMatch(/ works: cancelled that run$/);
      const written = upstream.calls.filter(({ body }) => body !== '');
      expect(written.map(({ endpoint, runId, body }) => [endpoint, runId, body])).toEqual([
        ['execute', '', '{}'],
        ['resume', 'new', '{"answer":{"approved":true}}'],
        ['cancel', 'new', '{}'],
      ]);
      expect(code).toBe(0);
    });

    it('reports the reasons why the upstream rejected an answer', async () => {
      replies.resume = { status: 422, json: { errors: [{ path: 'approved', message: 'must be a boolean' }] } };
      const { code, stdout } = await check(['--execute', '--answer', '1'], ACTIONS);
      expect(saidOf('resume', stdout)).toMatch(/FAILED: .*approved: must be a boolean\.\n {2}> check --answer\.$/);
      expect(code).toBe(1);
    });
  });

  it('names the fields that deviate, without their values', async () => {
    replies.steps = { json: [wireStep({ id: 4711, start_time: 'SECRET' }), 'SECRET', wireStep({ id: 4712 })] };
    const { code, stdout } = await check();
    expect(
      saidOf('steps', stdout)
        .split('\n')
        .filter((line) => line.startsWith('  - ')),
    ).toEqual([
      '  - steps[].id: expected string, got number; read anyway (2 times)',
      '  - steps[].start_time: expected ISO 8601 time with a zone, got another string; cannot be read (1 times)',
      '  - steps[]: expected step, got string; cannot be read (1 times)',
    ]);
    // Each call has only its own deviations.
    for (const endpoint of ['runs', 'run'] as const) expect(saidOf(endpoint, stdout)).not.toContain('  - ');
    expect(stdout).not.toContain('SECRET');
    expect(code).toBe(1);
  });

  it('lists the optional step fields and what each enables', async () => {
    const approve = (fields: object) => wireStep({ node_id: 'approve', ...fields });
    replies.steps = { json: [approve({ id: '1', status: 'suspended' }), approve({ id: '2' })] };
    expect(
      saidOf('steps', (await check()).stdout)
        .split('\n')
        .slice(1),
    ).toEqual([
      '  = No step has item_key or attempt: inputs and times show which executions of a node are retries.',
      '  = 1 of 2 steps are waiting without waits: all their time since the start counts as waiting.',
    ]);
    const waits = [{ from: '2025-03-13T02:41:16Z' }];
    replies.steps = {
      json: [approve({ id: '1', item_key: 'a', attempt: 1, waits }), approve({ id: '2', item_key: 'b' })],
    };
    const { code, stdout } = await check();
    expect(saidOf('steps', stdout).split('\n').slice(1)).toEqual([
      '  = 2 of 2 steps have item_key: a step repeats only failures of its own item.',
      '  = 1 of 2 steps have attempt: it decides which of them are retries.',
      '  = 1 of 2 steps have waits, which count neither as work nor as idle time.',
    ]);
    expect(code).toBe(0);
  });

  it('counts failures per node that later succeeded with other inputs', async () => {
    const at = (second: number) => `2025-03-13T02:41:0${second}Z`;
    const step = (node: string, second: number, status: string, text: string) =>
      wireStep({
        id: `${node}${second}`,
        node_id: node,
        status,
        start_time: at(second),
        end_time: at(second + 1),
        inputs: { text },
      });
    const changed = [step('ask', 1, 'failed', 'a'), step('ask', 2, 'completed', 'a, again')];
    const equal = [step('send', 1, 'failed', 'a'), step('send', 2, 'completed', 'a')];
    const overlapping = [step('each', 1, 'failed', 'a'), step('each', 1, 'completed', 'b')];
    replies.steps = { json: [...changed, ...equal, ...overlapping] };
    expect(
      saidOf('steps', (await check()).stdout)
        .split('\n')
        .slice(1),
    ).toEqual([
      '  = No step has item_key or attempt: inputs and times show which executions of a node are retries.',
      '  = Failed, then completed with other inputs: "ask" (1).',
      '  = Different inputs are different work: if these are retries, send attempt with each step of the node.',
    ]);
  });

  it('names unknown run and step statuses, and STATUS_WORDS', async () => {
    const words = ['archived', 'on hold', 'archived', 'completed', 'skipped'];
    const runs = words.map((status, index) => wireRun(`r${index}`, { status }));
    upstream.script = (call) =>
      call.endpoint === 'runs'
        ? { json: runs.slice(Number(call.url.searchParams.get('offset'))) }
        : (replies[call.endpoint] ?? tidy(call));
    replies.steps = { json: [wireStep({ status: 'hibernating' })] };
    const unknown = await check(['--workflow', 'wf']);
    expect(saidOf('runs', unknown.stdout)).toContain(
      '  > map each unknown status in STATUS_WORDS, such as STATUS_WORDS=crashed:FAILED. Unknown: "archived", "on hold".',
    );
    expect(saidOf('steps', unknown.stdout)).toContain('Unknown: "hibernating".');
    const known = await check(['--workflow', 'wf'], {
      STATUS_WORDS: 'archived:COMPLETED, on hold:RUNNING, hibernating:RUNNING',
    });
    expect(known.stdout).not.toContain('STATUS_WORDS');
  });

  const DEEP = '['.repeat(201) + ']'.repeat(201);
  it.each<readonly [string, Endpoint, Reply, string]>([
    ["a workflow's graph", 'workflows', { json: [wireWorkflow('wf', { graph: 'none' })] }, 'workflows[].graph'],
    [
      'an edge of a graph',
      'workflows',
      { json: [wireWorkflow('wf', { graph: { nodes: {}, edges: ['a-b'] } })] },
      'workflows[].graph.edges[]',
    ],
    [
      'a workflow without an id',
      'workflows',
      { json: [wireWorkflow('wf'), { workflow_id: '..' }] },
      'workflows[].workflow_id',
    ],
    ["a run's start", 'runs', { json: [wireRun('done', { start_time: 'yesterday' })] }, 'runs[].start_time'],
    ["a record's status", 'run', { json: [wireRun('done', { status: 'archived' })] }, 'run[].status'],
    ["a step's id", 'steps', { json: [wireStep({ id: null })] }, 'steps[].id'],
    ['a step', 'steps', { json: [wireStep(), 'step'] }, 'steps[]'],
    [
      "a step's outputs",
      'steps',
      { raw: JSON.stringify([wireStep({ outputs: '<deep>' })]).replace('"<deep>"', DEEP) },
      'steps[].outputs',
    ],
    ['a message of a start', 'execute', { json: { run_id: 'new', message: {} } }, 'execute.message'],
  ])("exits with 1 and reports this last if %s can't be read", async (_, endpoint, reply, field) => {
    replies[endpoint] = reply;
    const { code, stdout } = await check(['--execute']);
    expect(saidOf(endpoint, stdout)).toContain('LOSES VALUES: ');
    expect(saidOf(endpoint, stdout)).toMatch(new RegExp(`- ${RegExp.escape(field)}: expected .*; cannot be read`));
    const last =
      '1 of 5 calls have unreadable values. 1 calls deviate from the contract: see docs/upstream-deviations.md';
    expect(stdout.trimEnd().split('\n').at(-1)).toContain(last);
    expect(stdout).not.toContain('All attempted calls work');
    expect(code).toBe(1);
  });

  it('exits with 0 if all deviating values are readable', async () => {
    replies.steps = { json: [wireStep({ id: 4711, start_time: 1_741_833_675 })] };
    const { code, stdout } = await check();
    expect(saidOf('steps', stdout)).toContain('works, but deviates: 1 steps');
    expect(stdout).toContain('All attempted calls work. 1 calls deviate from the contract');
    expect(code).toBe(0);
  });

  it.each<readonly [string, Endpoint, Reply, string, string]>([
    ['rejects the key', 'workflows', { status: 401 }, 'does not accept this key', 'UPSTREAM_AUTH_HEADER'],
    [
      "doesn't have a call",
      'runs',
      { status: 404 },
      'Not found upstream',
      'UPSTREAM_ENDPOINTS=steps,run,workflows,execute',
    ],
    ['fails at a call', 'run', { status: 500 }, 'failed (HTTP 500)', 'UPSTREAM_ENDPOINTS=steps,runs,workflows,execute'],
    ['answers a page', 'steps', { raw: '<html>' }, 'is an HTML page', 'check the path of UPSTREAM_URL'],
    ['redirects', 'steps', { status: 302 }, 'Redirects are not followed', 'set UPSTREAM_URL'],
    [
      'wraps a list',
      'runs',
      { json: { items: [] } },
      'expected array at $, got object',
      '> the call exists, but its JSON is malformed: see docs/upstream.md',
    ],
    ['has no such record', 'run', { json: [] }, 'no record with the id "done"', 'UPSTREAM_ENDPOINTS=steps,runs'],
  ])('names the failure and the setting to change if the upstream %s', async (_, endpoint, reply, message, advice) => {
    replies[endpoint] = reply;
    const { code, stdout } = await check();
    expect(saidOf(endpoint, stdout)).toMatch(/FAILED: /);
    expect(saidOf(endpoint, stdout)).toContain(message);
    expect(saidOf(endpoint, stdout)).toContain(advice);
    expect(code).toBe(1);
  });

  describe('paging past the first hundred runs', () => {
    /** The calls for runs with the parameters as this upstream reads them. */
    async function checkHistory(script: Script, read: (searchParams: URLSearchParams) => void = () => undefined) {
      upstream.script = (call: Call) => {
        if (call.endpoint !== 'runs') return tidy(call);
        read(call.url.searchParams);
        return script(call);
      };
      const { code, stdout } = await check(['--workflow', 'wf']);
      return { code, said: saidOf('runs', stdout) };
    }
    const atMost = (most: number) => (parameters: URLSearchParams) => {
      parameters.set('limit', `${Math.min(most, Number(parameters.get('limit')))}`);
    };

    it.each([
      [1, 100],
      [99, 100],
      [100, 100],
      [250, 100],
      [50, 50],
    ])('accepts a full page or the last one: %i runs by %i', async (count, most) => {
      const { code, said } = await checkHistory(createScriptedHistory(count).script, atMost(most));
      expect(said).toContain(`works: ${Math.min(count, 100)} runs`);
      expect(code).toBe(0);
      expect(upstream.count('runs')).toBe(2);
    });

    it('fails if a short page is not the last', async () => {
      const { code, said } = await checkHistory(createScriptedHistory(120).script, atMost(50));
      expect(said).toContain(
        'FAILED: a page of limit=100 has 50 runs, but more follow: a short page is taken for the end',
      );
      expect(said).toContain('leave this call out of UPSTREAM_ENDPOINTS');
      expect(upstream.count('steps')).toBe(1);
      expect(code).toBe(1);
    });

    it('fails if the upstream ignores the offset', async () => {
      const { code, said } = await checkHistory(createScriptedHistory(120).script, (parameters) => {
        parameters.set('offset', '0');
      });
      expect(said).toContain(
        'FAILED: offset=100 returns the newest run again: histories must support limit and offset',
      );
      expect(code).toBe(1);
    });

    it('accepts a run that moved to the next page', async () => {
      const history = createScriptedHistory(30);
      const { code } = await checkHistory((call) => {
        const reply = history.script(call);
        history.start(`new-${upstream.calls.length}`);
        return reply;
      });
      expect(code).toBe(0);
    });
  });

  it('names the setting if the upstream is unreachable or too slow', async () => {
    upstream.script = ({ cut }) => cut.then(() => ({}));
    const slow = await check([], { UPSTREAM_TIMEOUT_MS: '50' });
    expect(saidOf('workflows', slow.stdout)).toContain('set UPSTREAM_TIMEOUT_MS higher');
    await upstream.close();
    const gone = await check();
    expect(saidOf('workflows', gone.stdout)).toMatch(/\(ECONNREFUSED\)\.\n {2}> check UPSTREAM_URL, HTTP_PROXY/);
    expect(gone.code).toBe(1);
  });

  it('skips disabled calls, and asks for ids without lists', async () => {
    const steps = await check(['--workflow', 'wf', '--run', 'done'], { UPSTREAM_ENDPOINTS: 'steps' });
    expect(steps.code).toBe(0);
    expect(saidOf('run', steps.stdout)).toContain('not tried: disabled (UPSTREAM_ENDPOINTS)');
    const unknown = await check([], { UPSTREAM_ENDPOINTS: 'steps' });
    expect(unknown.code).toBe(1);
    expect(saidOf('steps', unknown.stdout)).toContain('NOT TRIED: no workflow is known: use --workflow and --run');
  });

  it('reads the key from standard input and sends it in UPSTREAM_AUTH_HEADER', async () => {
    const environment = {
      STEPGATE_CHECK_KEY: '',
      UPSTREAM_AUTH_HEADER: 'x-api-key: {key}',
      UPSTREAM_HEADERS: 'x-tenant: SECRET',
    };
    const { code, stdout } = await checkByProcess(['--key-stdin'], environment, `${KEY}\n`);
    expect(code).toBe(0);
    expect(upstream.calls.every(({ headers }) => headers['x-api-key'] === KEY)).toBe(true);
    expect(stdout).toContain('key in the header x-api-key; additional headers x-tenant');
    expect(stdout).not.toContain('SECRET');
  });

  const NO_KEY = 'must be one key, got a character that no key has';
  it.each([
    ['', 'Standard input must contain a key when --key-stdin is set, got nothing.'],
    [' \n', 'Standard input must contain a key when --key-stdin is set, got nothing.'],
    ['SECRET\nother\n', `Standard input ${NO_KEY}`],
    ['SECRET\u2019', `Standard input ${NO_KEY}`],
  ])('rejects the key %j from standard input without a call', async (input, message) => {
    const refused = check(['--key-stdin'], {}, input);
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.not.toThrow('SECRET');
    expect(upstream.calls).toEqual([]);
  });

  const NO_FINITE = '{"at": 1e400}';
  it.each<readonly [readonly string[], Environment, RegExp]>([
    [[], { STEPGATE_CHECK_KEY: 'SECRET\u0007' }, /^STEPGATE_CHECK_KEY must be one key, got a character/],
    [[], { STEPGATE_CHECK_KEY: '' }, /^STEPGATE_CHECK_KEY must be a key of the upstream, got nothing\./],
    [['--run', 'r1'], {}, /^--workflow is required when --run is set/],
    [['--inputs', '{}'], {}, /^--execute is required when --inputs is set/],
    [['--execute', '--inputs', '[1]'], {}, /^--inputs must be a JSON object/],
    [['--execute', '--inputs', NO_FINITE], {}, /^--inputs must be a JSON object/],
    [[], { UPSTREAM_AUTH_HEADER: 'x-api-key' }, /^UPSTREAM_AUTH_HEADER must be/],
  ])('rejects %j with %j without a call', async (args, environment, message) => {
    await expect(check(args, environment)).rejects.toThrow(message);
    expect(upstream.calls).toEqual([]);
  });

  it.each<readonly [readonly string[], Environment, RegExp]>([
    [['--key', 'SECRET'], {}, /Unknown option '--key'/],
    [[], { UPSTREAM_AUTH_HEADER: 'x-api-key' }, /can't start with this configuration\.\nUPSTREAM_AUTH_HEADER must be/],
  ])('prints why it rejects %j with %j, and exits with 1', async (args, environment, message) => {
    const { code, stdout, stderr } = await checkByProcess(args, environment);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(message);
  });

  it('checks the embedded upstream if UPSTREAM_URL is not set', async () => {
    const { code, stdout } = await check([], { UPSTREAM_URL: '', STEPGATE_CHECK_KEY: '' });
    expect(stdout).toMatch(/^Upstream: embedded/);
    expect(code).toBe(0);
  });
});
