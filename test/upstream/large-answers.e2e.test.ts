/** Upstream answers of many megabytes: read within bounds, and rejected with a clear error beyond them. */
import { beforeEach, describe, expect, it } from '@jest/globals';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { codesOf, ofRun, placesOf } from '../harness/operations.ts';
import { wireStep } from '../harness/wire.ts';

const VIOLATION = 'UPSTREAM_CONTRACT_VIOLATION';
const MIB = 2 ** 20;
const fill = (unit: string, bytes: number): string => unit.repeat(Math.floor(bytes / unit.length));
const list = (items: string): string => `[${items}0]`;
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const MARK = '"outputs of the step"';
const answerWith = (outputs: string): string =>
  JSON.stringify([wireStep({ id: 's1', outputs: JSON.parse(MARK) as unknown })]).replace(MARK, () => outputs);

describe('a response of 16 MiB', () => {
  let raw = '[]';
  let runs = 0;
  const gateway = perBlock(
    new TestGateway({
      script: ({ endpoint }) => (endpoint === 'steps' ? { raw } : { status: 404, json: {} }),
      env: { UPSTREAM_MAX_RESPONSE_BYTES: String(32 * MIB) },
    }),
  );
  const ask = (fields: string) => gateway.query(ofRun(`steps { ${fields} }`, `r${(runs += 1)}`));
  const stepOf = (data: unknown) => (data as { run: { steps: Record<string, unknown>[] } }).run.steps[0] ?? {};

  it.each<readonly [string, () => string, unknown]>([
    ['of one text', () => `{"a":[7],"text":"${fill('x', 16 * MIB)}"}`, 7],
    ['of escapes', () => `{"a":[7],"text":"${fill('\\"\\u00e9', 16 * MIB)}"}`, 7],
    [
      'of texts with escaped quotes, backslashes and commas',
      () => `{"a":[7],"texts":${list(fill(`"${'x'.repeat(70)}\\"${','.repeat(70)}\\\\",`, 12 * MIB))}}`,
      7,
    ],
    ['of 800,000 long numbers', () => `{"a":[7],"numbers":${list(fill('-123456789.1234567890,', 16 * MIB))}}`, 7],
    ['of objects of the same names', () => `{"a":[7],"l":${list(fill(`{"text":"${fill('x', 100)}"},`, 16 * MIB))}}`, 7],
    ['of numbers', () => `{"a":[7],"numbers":${list(fill('1,', 16 * MIB))}}`, 7],
  ])('is read if it consists %s', async (_, outputs, expected) => {
    raw = answerWith(outputs());
    const { data, errors } = await ask('id outputs(path: "a[0]") tokenUsage { counts { totalTokens } }');
    expect(errors).toEqual([]);
    expect(stepOf(data)).toEqual({ id: 's1', outputs: expected, tokenUsage: null });
  });

  it.each<readonly [string, () => string, string]>([
    ['of depth 5000', () => list(fill(`${nested(5000)},`, 2 * MIB)), 'nested deeper than 200 levels'],
    ['of lists that are never closed', () => fill('[', 16 * MIB), 'is not JSON'],
    ['of a text that is never closed', () => `"${fill('x', 16 * MIB)}`, 'is not JSON'],
    ['of blanks', () => fill(' ', 16 * MIB), 'is not JSON'],
  ])('is rejected clearly, and the next one is read: %s', async (_, outputs, message) => {
    raw = answerWith(outputs());
    const { errors } = await ask('id outputs');
    expect(errors).toMatchObject([{ message: expect.stringContaining(message), extensions: { code: VIOLATION } }]);
    raw = answerWith('7');
    expect(await ask('id outputs')).toMatchObject({
      data: { run: { steps: [{ id: 's1', outputs: 7 }] } },
      errors: [],
    });
  });

  it('returns a payload of 10 MB by path, whole and sized', async () => {
    const text = 'Lorem ipsum "dolor" sit amet, \n'.repeat(10_000_000 / 32);
    const outputs = JSON.stringify({ choices: [{ message: { role: 'assistant', content: text } }] });
    raw = answerWith(outputs);
    const { data, errors } = await ask(
      `outputsSizeBytes outputs part: outputs(path: "choices[0].message.role")
       conversation { messages { role content isTruncated isOutput } }`,
    );
    expect(errors).toEqual([]);
    const step = stepOf(data);
    // A diff of such strings would fill the screen.
    expect(JSON.stringify(step.outputs) === outputs).toBe(true);
    expect(step.outputsSizeBytes).toBe(Buffer.byteLength(outputs));
    expect(step.part).toBe('assistant');
    const { messages } = step.conversation as { messages: { content: string }[] };
    expect(messages.at(-1)).toMatchObject({ role: 'assistant', isTruncated: true, isOutput: true });
    expect(text.startsWith(messages.at(-1)?.content ?? '?')).toBe(true);
  });
});

describe('the payloads of one operation', () => {
  const RUNS = Array.from({ length: 12 }, (_, index) => `r${index}`);
  const MORE_RUNS = Array.from({ length: 16 }, (_, index) => `r${index}`);
  const raw = answerWith(`{"a":7,"text":"${fill('x', 5 * MIB)}"}`);
  const gateway = perBlock(
    new TestGateway({
      script: ({ endpoint }) => (endpoint === 'steps' ? { raw } : { status: 404, json: {} }),
      env: { MAX_ANSWER_BYTES: String(16 * MIB) },
    }),
  );
  const { upstream } = gateway;
  const query = (fields: string) =>
    `query ($ids: [ID!]!) { workflow(id: "wf") { runsById(ids: $ids) { id steps { ${fields} } } } }`;
  const ask = (fields: string, ids = RUNS) => gateway.query(query(fields), { variables: { ids } });
  beforeEach(async () => {
    expect((await ask('id tokenUsage { counts { totalTokens } }')).errors).toEqual([]);
  });

  it('are limited to 64 MiB per operation', async () => {
    for (const time of [1, 2, 3]) {
      const { data, errors } = await ask('outputs(path: "a")', MORE_RUNS);
      const { runsById } = (data as { workflow: { runsById: ({ steps: { outputs: unknown }[] } | null)[] } }).workflow;
      // Any of them may come first: they are read as they arrive.
      const unread = runsById.flatMap((run, index) => (run === null ? [index] : []));
      const values = runsById.flatMap((run) => run?.steps.map(({ outputs }) => outputs) ?? []);
      expect({ time, unread: unread.length, values }).toEqual({ time, unread: 4, values: RUNS.map(() => 7) });
      expect(placesOf({ errors })).toEqual(
        unread.map((index) => `workflow.runsById.${index}: ANSWER_TOO_LARGE`).sort(),
      );
      expect(errors[0]?.message).toContain('Ask for fewer runs at once');
    }
  });

  it('count together with those of records', async () => {
    const record = JSON.stringify([{ status: 'completed', outputs: 'x'.repeat(5 * MIB) }]);
    const { script } = upstream;
    upstream.script = ({ endpoint }) => ({ raw: endpoint === 'run' ? record : '[]' });
    const { data, errors } = await gateway.query(
      'query ($ids: [ID!]!) { workflow(id: "wf") { runsById(ids: $ids) { status } } }',
      { variables: { ids: MORE_RUNS.map((id) => `${id}-recorded`) } },
    );
    upstream.script = script;
    const { runsById } = (data as { workflow: { runsById: unknown[] } }).workflow;
    expect(runsById.filter((run) => run === null)).toHaveLength(4);
    expect(new Set(codesOf({ errors }))).toEqual(new Set(['ANSWER_TOO_LARGE']));
  });

  it('are rejected together if they exceed MAX_ANSWER_BYTES', async () => {
    for (const time of [1, 2, 3]) {
      const { data, errors } = await ask('id outputs');
      expect({ time, data, codes: codesOf({ errors }) }).toEqual({ time, data: null, codes: ['ANSWER_TOO_LARGE'] });
      expect(errors[0]?.message).toContain('MAX_ANSWER_BYTES');
    }
  });

  it('may include one payload fifty times within these bounds', async () => {
    const many = Array.from({ length: 50 }, (_, index) => `a${index}: outputs(path: "a") b${index}: outputsSizeBytes`);
    const { data, errors } = await gateway.query(ofRun(`steps { ${many.join(' ')} }`, 'r1'));
    expect(errors).toEqual([]);
    const [step = {}] = (data as { run: { steps: Record<string, number>[] } }).run.steps;
    expect(new Set(Object.values(step))).toEqual(new Set([7, '{"a":7,"text":""}'.length + 5 * MIB]));
  });
});
