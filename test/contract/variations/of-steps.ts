import { rawJSON, wireStep } from '../../harness/wire.ts';
import { lost, noSteps, step, steps, values, type Examples } from './variation.ts';

const LONG = '12345678901234567890';
const START = 'start_time';
const WAIT = { from: '2025-03-13T02:41:16Z', to: '2025-03-13T02:41:17Z' };
const MANY_WAITS = Array.from({ length: 1000 }, () => ({ from: WAIT.from, to: WAIT.from }));
const SECONDS = 1_741_833_675;
const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

/** Unreadable ids of a step. */
const NO_IDS = [true, ['a'], { id: 'a' }, 1.5, 1e300];

export const OF_STEPS: Examples = {
  "a step's `id` is a whole number": values('id', 'id', [[4_711_471_147_114_711, '4711471147114711']]),
  "a step's `id` is missing, null or empty": values(
    'id',
    'id',
    ['', null, undefined].map((value) => [value, 'r1#0']),
  ),
  "a step's `id` is of another type": values(
    'id',
    'id',
    NO_IDS.map((value) => [value, 'r1#0']),
  ),
  '`node_id` is a whole number': values('node_id', 'nodeId', [[7, '7']]),
  '`node_id` is missing or of another type': values(
    'node_id',
    'nodeId',
    ['', null, undefined, ...NO_IDS].map((value) => [value, 's1']),
  ),
  '`status` is written in another way: `Timed-Out`, `TIMED_OUT`, `InProgress`': [
    step({ status: 'Timed-Out' }, { status: 'FAILED', rawStatus: 'Timed-Out' }),
    step({ status: 'TIMED_OUT' }, { status: 'FAILED', rawStatus: 'TIMED_OUT' }),
  ],
  '`status` is an unknown value': [
    step({ status: 'archived' }, { status: 'UNKNOWN', rawStatus: 'archived' }),
    step({ status: 3 }, { status: 'UNKNOWN', rawStatus: '3' }),
  ],
  '`status` is missing or not a string': [undefined, null, '', ['completed'], { word: 'completed' }].map((status) =>
    step({ status }, { status: 'UNKNOWN', rawStatus: '' }),
  ),
  'a time is in seconds since 1970': [
    step(
      { start_time: SECONDS, end_time: SECONDS + 2.5 },
      { startTime: '2025-03-13T02:41:15Z', endTime: '2025-03-13T02:41:17.500000Z' },
    ),
    step({ start_time: SECONDS + 0.144_47 }, { startTime: '2025-03-13T02:41:15.144470Z' }),
  ],
  'a time is in milliseconds since 1970': values(START, 'startTime', [
    [1_741_833_675_144, '2025-03-13T02:41:15.144Z'],
    [1_741_833_675_144.5, '2025-03-13T02:41:15.144500Z'],
  ]),
  'a time is a numeric string': values(START, 'startTime', [
    [`${SECONDS}`, '2025-03-13T02:41:15Z'],
    ['1741833675144', '2025-03-13T02:41:15.144Z'],
  ]),
  'a time has an offset, a blank in place of `T`, or a comma before its fraction': values(START, 'startTime', [
    ['2025-03-13 04:41:15,144470+0200', '2025-03-13T04:41:15.144470+02:00'],
    ['2025-03-12 00:59:55.465508+00:00', '2025-03-12T00:59:55.465508+00:00'],
  ]),
  'a time has no zone': values(START, 'startTime', [['2025-03-13T02:41:15.144470', '2025-03-13T02:41:15.144470Z']]),
  'a time is another string, or a date that does not exist': [
    ...['yesterday', '2025-13-45T00:00:00Z', '2025-02-30T00:00:00Z'].map((time) =>
      step({ start_time: time, end_time: time }, { startTime: null, endTime: null }),
    ),
  ],
  'a time is 0, another number, or of another type': [
    ...[0, 20_250_313, 1_741_833_675_144_470, -Infinity, true, {}, ['2025-03-13T02:41:17Z']].map((time) =>
      step({ start_time: time, end_time: time }, { startTime: null, endTime: null }),
    ),
  ],
  '`elapsed_time` has a fraction': values('elapsed_time', 'elapsedTime', [
    [2.237692, 2],
    [2.999, 2],
    [0.5, 0],
  ]),
  '`elapsed_time` is a numeric string': values('elapsed_time', 'elapsedTime', [
    ['0', 0],
    [' 2.75 ', 2],
    ['1.5e1', 15],
    ['2500e-02', 25],
    ['1E+1', 10],
  ]),
  '`elapsed_time` is negative, another string or of another type': lost('elapsed_time', 'elapsedTime', [
    ...[-1, -0.5, Infinity, -Infinity, '2 s', '1e', '0x10', 'Infinity', ' ', true, ['5']],
  ]),
  '`tokens` is a numeric string': values('tokens', 'tokens', [['150', 150]]),
  '`tokens` is negative, has a fraction or is of another type': lost('tokens', 'tokens', [
    ...[1.5, -1, Infinity, '1.5', true, ['5'], {}],
  ]),
  '`error` is an object or a list': values('error', 'error', [
    [{ message: 'boom' }, '{"message":"boom"}'],
    [['boom'], '["boom"]'],
    [nested(200), JSON.stringify(nested(200))],
    [{}, null],
    [[], null],
  ]),
  '`error` is a number or a boolean': values('error', 'error', [
    [4_711_471_147_114_711, '4711471147114711'],
    [true, 'true'],
    [false, null],
  ]),
  '`error` is longer than 256 KiB': values('error', 'error', [
    ['x'.repeat(2 ** 18 + 1), '(error longer than 256 KiB)'],
    [{ a: 'x'.repeat(2 ** 18) }, '(error longer than 256 KiB)'],
  ]),
  '`user_id` or `organization_id` is a number': values('user_id', 'userId', [
    [7, '7'],
    [false, 'false'],
  ]),
  'an id, or a number in `error`, is an integer beyond 2^53': [
    step(
      { id: rawJSON(`${LONG}1`), organization_id: rawJSON(`-${LONG}2`), error: { code: rawJSON(`${LONG}3`) } },
      { id: `${LONG}1`, organizationId: `-${LONG}2`, error: `{"code":"${LONG}3"}` },
    ),
  ],
  '`user_id` or `organization_id` is an object or a list': lost('organization_id', 'organizationId', [
    { id: 'org-1' },
    ['org-1'],
  ]),
  '`item_key` is a number': values('item_key', 'itemKey', [[7, '7']]),
  '`item_key` is of another type': lost('item_key', 'itemKey', [{ id: 7 }, ['7']]),
  '`attempt` is a numeric string': [step({ attempt: '2' })],
  '`attempt` is 0, negative, has a fraction or is of another type': [0, '0', -1, 1.5, true, ['1']].map((attempt) =>
    step({ attempt }),
  ),
  'an item of `waits` is not an object, or has no `from`': [7, null, {}, { to: WAIT.to }].map((wait) =>
    step({ waits: [wait, WAIT] }, { waitingMs: 1000 }),
  ),
  'a time of a wait cannot be read': [
    step({ waits: [{ from: 'yesterday', to: 'tomorrow' }, WAIT] }, { waitingMs: 1000 }),
    { ...step({ waits: [{ from: WAIT.from, to: 7 }] }), counts: { 'steps[].waits[].from': 0 } },
  ],
  '`waits` is not a list': [7, 'now', {}].map((waits) => step({ waits })),
  '`waits` has more than 1000 items, or those of all steps more than 10,000': [
    step({ waits: [WAIT, ...MANY_WAITS] }),
    step({ waits: [...MANY_WAITS, WAIT] }, { waitingMs: 1000 }),
    {
      replies: {
        steps: [{ json: Array.from({ length: 11 }, (_, at) => wireStep({ id: `s${at}`, waits: MANY_WAITS })) }],
      },
      query: '{ run(workflowId: "wf", id: "r1") { steps { id } } }',
      data: { run: { steps: Array.from({ length: 11 }, (_, at) => ({ id: `s${at}` })) } },
    },
  ],
  'optional fields are missing': [undefined, null, ''].map((nothing) =>
    step(
      Object.fromEntries(
        [
          ...['start_time', 'end_time', 'elapsed_time', 'tokens', 'user_id', 'organization_id', 'error'],
          ...['item_key', 'attempt'],
        ].map((name) => [name, nothing]),
      ),
      {
        ...{ startTime: null, endTime: null, elapsedTime: null, tokens: null, userId: null },
        ...{ organizationId: null, error: null },
      },
    ),
  ),
  'there are unknown fields': [
    step({ cost: 3, nodeId: 'other', constructor: 1 }),
    step({ deep: nested(500), huge: 'x'.repeat(900_000) }),
    step({ ['__proto__']: { id: 'evil' } }),
  ],
  'an item of the list is not a step: not an object, or one without `id`, `node_id` and `status`': [
    ['null', null],
    ['string', 'a'],
    ['array', [wireStep()]],
    ['object', { detail: 'none', outputs: 'none' }],
  ].map(([type, item]) =>
    steps(
      [{ json: [wireStep({ id: 's1' }), wireStep({ id: 's2', node_id: 'send' }), item] }],
      [null],
      ['UPSTREAM_CONTRACT_VIOLATION', `expected step at $[2], got ${type as string}`],
    ),
  ),
  'no item of the list is a step': [noSteps('expected step at $[0], got string', { json: ['a', null, {}] })],
  'the list is wrapped: `{"data": […]}`': [
    noSteps('expected array at $, got object', { json: { data: [wireStep()] } }),
    noSteps('expected array at $, got object', { json: wireStep() }),
    noSteps('expected array at $, got null', { raw: 'null' }),
    noSteps('expected array at $, got string', { json: 'a' }),
  ],
  '`outputs`, `inputs` or `step_metadata` has an integer beyond 2^53': [
    step({ outputs: { model: rawJSON(LONG) } }, { outputs: LONG }),
  ],
  '`outputs`, `inputs` or `step_metadata` is nested deeper than 200 levels': [
    step({ outputs: nested(201) }, { outputs: null }, [
      'UPSTREAM_CONTRACT_VIOLATION',
      'outputs: nested deeper than 200 levels',
    ]),
  ],
};
