import { rawJSON, wireStep } from '../../harness/wire.ts';
import { ofStep, ofSteps, withoutSteps, type Variation } from './variation.ts';

const LONG = '12345678901234567890';

export const OF_STEPS: readonly Variation[] = [
  ofStep(
    {
      variation: "a step's `id` is a whole number",
      happens: 'Read as its text.',
      deviations: { 'steps[].id read': 1 },
    },
    { id: 4_711_471_147_114_711 },
    { id: '4711471147114711' },
  ),
  ofStep(
    {
      variation: "a step's `id` is missing, null or empty",
      happens: 'The id is that of its position: `<run id>#<position>`, from 0.',
      deviations: { 'steps[].id lost': 1 },
    },
    { id: '' },
    { id: 'r1#0' },
  ),
  ofStep(
    {
      variation: "a step's `id` is of another type",
      happens: 'The same.',
      deviations: { 'steps[].id lost': 1 },
    },
    { id: 1.5 },
    { id: 'r1#0' },
  ),
  ofStep(
    {
      variation: '`node_id` is a whole number',
      happens: 'Read as its text.',
      deviations: { 'steps[].node_id read': 1 },
    },
    { node_id: 7 },
    { nodeId: '7' },
  ),
  ofStep(
    {
      variation: '`node_id` is missing or of another type',
      happens: 'The step is of a node of its own, named by the id of the step.',
      deviations: { 'steps[].node_id lost': 1 },
    },
    { node_id: null },
    { nodeId: 's1' },
  ),
  ofStep(
    {
      variation: '`status` is written in another way: `Timed-Out`, `TIMED_OUT`, `InProgress`',
      happens: 'Read: case, `-`, `_` and blanks do not matter.',
    },
    { status: 'Timed-Out' },
    { status: 'FAILED', rawStatus: 'Timed-Out' },
  ),
  ofStep(
    {
      variation: '`status` is a word that is not known',
      happens: 'The status is UNKNOWN, `rawStatus` has the word.',
      deviations: { 'steps[].status lost': 1 },
    },
    { status: 'archived' },
    { status: 'UNKNOWN', rawStatus: 'archived' },
  ),
  ofStep(
    {
      variation: '`status` is missing or no text',
      happens: 'The status is UNKNOWN, `rawStatus` is empty.',
      deviations: { 'steps[].status lost': 1 },
    },
    { status: { word: 'completed' } },
    { status: 'UNKNOWN', rawStatus: '' },
  ),
  ofStep(
    {
      variation: 'a time is in seconds since 1970',
      happens: 'Read, if it is a year from 2001 to 2255.',
      deviations: { 'steps[].start_time read': 1, 'steps[].end_time read': 1 },
    },
    { start_time: 1_741_833_675, end_time: 1_741_833_677.5 },
    { startTime: '2025-03-13T02:41:15Z', endTime: '2025-03-13T02:41:17.500000Z' },
  ),
  ofStep(
    {
      variation: 'a time is in milliseconds since 1970',
      happens: 'Read, if it is a year from 2001 to 2255.',
      deviations: { 'steps[].start_time read': 1 },
    },
    { start_time: 1_741_833_675_144 },
    { startTime: '2025-03-13T02:41:15.144Z' },
  ),
  ofStep(
    {
      variation: 'a time is a number as text',
      happens: 'Read as the number.',
      deviations: { 'steps[].start_time read': 1 },
    },
    { start_time: '1741833675' },
    { startTime: '2025-03-13T02:41:15Z' },
  ),
  ofStep(
    {
      variation: 'a time has an offset, a blank in place of `T`, or a comma before its fraction',
      happens: 'Read. The offset is kept.',
    },
    { start_time: '2025-03-13 04:41:15,144470+0200' },
    { startTime: '2025-03-13T04:41:15.144470+02:00' },
  ),
  ofStep(
    { variation: 'a time has no zone', happens: 'Read as UTC.', deviations: { 'steps[].start_time read': 1 } },
    { start_time: '2025-03-13T02:41:15.144470' },
    {},
  ),
  ofStep(
    {
      variation: 'a time is another text, or a day that there is not',
      happens: 'Null.',
      deviations: { 'steps[].start_time lost': 1, 'steps[].end_time lost': 1 },
    },
    { start_time: 'yesterday', end_time: '2025-02-30T00:00:00Z' },
    { startTime: null, endTime: null },
  ),
  ofStep(
    {
      variation: 'a time is 0, another number, or of another type',
      happens: 'Null.',
      deviations: { 'steps[].start_time lost': 1, 'steps[].end_time lost': 1 },
    },
    { start_time: 0, end_time: ['2025-03-13T02:41:17Z'] },
    { startTime: null, endTime: null },
  ),
  ofStep(
    {
      variation: '`elapsed_time` has a fraction',
      happens: 'Rounded down to whole seconds.',
      deviations: { 'steps[].elapsed_time read': 1 },
    },
    { elapsed_time: 2.237692 },
    {},
  ),
  ofStep(
    {
      variation: '`elapsed_time` is a number as text',
      happens: 'Read as the number.',
      deviations: { 'steps[].elapsed_time read': 1 },
    },
    { elapsed_time: '2.9' },
    {},
  ),
  ofStep(
    {
      variation: '`elapsed_time` is negative, another text or of another type',
      happens: 'Null.',
      deviations: { 'steps[].elapsed_time lost': 1 },
    },
    { elapsed_time: '2 s' },
    { elapsedTime: null },
  ),
  ofStep(
    {
      variation: '`tokens` is a number as text',
      happens: 'Read as the number.',
      deviations: { 'steps[].tokens read': 1 },
    },
    { tokens: '150' },
    { tokens: 150 },
  ),
  ofStep(
    {
      variation: '`tokens` is negative, has a fraction or is of another type',
      happens: 'Null.',
      deviations: { 'steps[].tokens lost': 1 },
    },
    { tokens: 1.5 },
    { tokens: null },
  ),
  ofStep(
    { variation: '`error` is an object or a list', happens: 'Read as its JSON text; empty ones are no error.' },
    { error: { message: 'boom' } },
    { error: '{"message":"boom"}' },
  ),
  ofStep(
    {
      variation: '`error` is a number or a boolean',
      happens: 'Read as its text; `false` is no error.',
      deviations: { 'steps[].error read': 1 },
    },
    { error: 4_711_471_147_114_711 },
    { error: '4711471147114711' },
  ),
  ofStep(
    {
      variation: '`error` is longer than 256 KiB',
      happens: 'Not read: a text that says so stands in its place.',
      deviations: { 'steps[].error lost': 1 },
    },
    { error: 'x'.repeat(2 ** 18) },
    { error: '(an error that is longer than 256 KiB)' },
  ),
  ofStep(
    {
      variation: '`description` or `message` is beyond 64 KiB, or another field (no payload) 4 KiB',
      happens: 'Read as one of another type.',
      deviations: { 'steps[].organization_id lost': 1 },
    },
    { organization_id: 'x'.repeat(2 ** 12) },
    { organizationId: null },
  ),
  ofStep(
    {
      variation: '`user_id` or `organization_id` is a number',
      happens: 'Read as its text.',
      deviations: { 'steps[].user_id read': 1 },
    },
    { user_id: 7 },
    { userId: '7' },
  ),
  ofStep(
    {
      variation: 'an id, or a number in `error`, is an integer beyond 2^53',
      happens: 'The same, with all its digits. Rounded, it could name something else.',
      deviations: { 'steps[].id read': 1, 'steps[].organization_id read': 1 },
    },
    { id: rawJSON(`${LONG}1`), organization_id: rawJSON(`${LONG}2`), error: { code: rawJSON(`${LONG}3`) } },
    { id: `${LONG}1`, organizationId: `${LONG}2`, error: `{"code":"${LONG}3"}` },
  ),
  ofStep(
    {
      variation: '`user_id` or `organization_id` is an object or a list',
      happens: 'Null.',
      deviations: { 'steps[].organization_id lost': 1 },
    },
    { organization_id: { id: 'org-1' } },
    { organizationId: null },
  ),
  ofStep(
    { variation: 'optional fields are missing', happens: 'Null.' },
    { elapsed_time: undefined, tokens: undefined, user_id: undefined, error: undefined, outputs: undefined },
    { elapsedTime: null, tokens: null, userId: null, outputs: null },
  ),
  ofStep({ variation: 'there are unknown fields', happens: 'Ignored.' }, { cost: 3, nodeId: 'other' }, {}),
  ofSteps(
    {
      variation: 'an item of the list is no step: no object, or one without `id`, `node_id` and `status`',
      happens: 'Null in `steps`, last, with an error of its own. The others are answered.',
      deviations: { 'steps[] lost': 1 },
      errors: [['UPSTREAM_CONTRACT_VIOLATION', 'expected step at $[2], got null']],
      beside: [null],
    },
    { json: [wireStep({ id: 's1' }), wireStep({ id: 's2', node_id: 'send' }), null] },
  ),
  withoutSteps(
    { variation: 'no item of the list is a step', happens: 'UPSTREAM_CONTRACT_VIOLATION for the call.' },
    ['UPSTREAM_CONTRACT_VIOLATION', 'expected step at $[0], got string'],
    { json: ['a', null, {}] },
  ),
  withoutSteps(
    { variation: 'the list is wrapped: `{"data": […]}`', happens: 'UPSTREAM_CONTRACT_VIOLATION for the call.' },
    ['UPSTREAM_CONTRACT_VIOLATION', 'expected array at $, got object'],
    { json: { data: [wireStep()] } },
  ),
  ofStep(
    {
      variation: '`outputs`, `inputs` or `step_metadata` has an integer beyond 2^53',
      happens: 'Text with all its digits: as a number it would be rounded, here or in a browser.',
    },
    { outputs: { model: rawJSON(LONG) } },
    { outputs: LONG },
  ),
  {
    ...ofStep(
      {
        variation: '`outputs`, `inputs` or `step_metadata` is nested deeper than 200 levels',
        happens: 'An error of that field of that step alone.',
        deviations: { 'steps[].outputs lost': 1 },
        errors: [['UPSTREAM_CONTRACT_VIOLATION', 'outputs: nested deeper than 200 levels']],
      },
      {},
      { outputs: null },
    ),
    replies: {
      steps: [
        {
          raw: JSON.stringify([
            wireStep({ id: 's1', outputs: '<deep>' }),
            wireStep({ id: 's2', node_id: 'send' }),
          ]).replace('"<deep>"', '['.repeat(201) + ']'.repeat(201)),
        },
      ],
    },
  },
];
