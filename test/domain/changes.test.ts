import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { changePoints, type ChangePoint, type ComparedRun } from '../../src/domain/changes/changes.ts';
import { createModelCalls, findCall, mergeCalls } from '../../src/domain/changes/model-calls.ts';
import type { JsonValue, WorkflowRecord } from '../../src/domain/types.ts';
import { at } from './facts.ts';

/** The inputs of a node's executions in one run. */
type Asked = readonly JsonValue[];

/** One run a second, oldest first: the executions of each node. */
function runsOf(runs: readonly Readonly<Record<string, Asked>>[]): ComparedRun[] {
  const calls = createModelCalls();
  return runs.map((nodes, index) => ({
    id: `r${index}`,
    startedAt: at(index),
    nodeIds: new Set(Object.keys(nodes)),
    calls: new Map(
      Object.entries(nodes).flatMap(([nodeId, asked]) => {
        const merged = mergeCalls(
          asked.flatMap((inputs) => findCall({ inputs, outputs: null }) ?? []).map(calls.share),
        );
        return merged ? [[nodeId, merged] as const] : [];
      }),
    ),
  }));
}

type Workflow = Pick<WorkflowRecord, 'version' | 'updatedAt' | 'graph'>;

function pointsOf(runs: readonly ComparedRun[], workflow: Workflow | null = null): ChangePoint[] {
  const work = changePoints(runs, workflow);
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

/** Changes of one node that is executed once in each run: `run kind: before → after`. */
const changesOf = (...inputs: readonly JsonValue[]): string[] =>
  pointsOf(runsOf(inputs.map((asked) => ({ node: [asked] })))).map(
    ({ runId, previousRunId, kind, before, after }) =>
      `${previousRunId}-${runId} ${kind}: ${String(before)} → ${String(after)}`,
  );

const chat = (system: string | null, user: string, more: Readonly<Record<string, JsonValue>> = {}): JsonValue => ({
  model: 'gpt-4.1-mini',
  messages: [...(system === null ? [] : [{ role: 'system', content: system }]), { role: 'user', content: user }],
  ...more,
});
const tool = (name: string, description: string): JsonValue => ({ type: 'function', function: { name, description } });

describe('what changed between runs', () => {
  it('includes model, prompt and parameters, but not user input', () => {
    expect(
      changesOf(
        chat('You are a clerk. Be brief.', 'Where is my invoice?', {
          temperature: 0.2,
          tools: [tool('find', 'Finds')],
        }),
        chat('You are a clerk. Be brief.', 'I cannot sign in', { tools: [tool('find', 'Finds')], temperature: 0.2 }),
        chat('You are a clerk. Be kind.', 'Hi', { temperature: 0.7, tools: [tool('find', 'Finds')], model: 'gpt-5' }),
        chat('You are a clerk. Be kind.', 'Hi', {
          ...{ temperature: 0.7, model: 'gpt-5', run_id: 'r3', input_data: { order: 7 }, seed: 4 },
          ...{ tools: [tool('find', 'Finds'), tool('pay', 'Pays')], response_format: { type: 'json_object' } },
        }),
      ),
    ).toEqual([
      'r2-r3 PARAMETERS: null → response_format: {"type":"json_object"}, tools.pay: {"function":{"description":"Pays","name":"pay"},"type":"function"}',
      'r1-r2 MODEL: gpt-4.1-mini → gpt-5',
      'r1-r2 PROMPT: Be brief. → Be kind.',
      'r1-r2 PARAMETERS: temperature: 0.2 → temperature: 0.7',
    ]);
  });

  it('includes Anthropic system prompts, as a string or as blocks', () => {
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'Hello' }] }];
    const asked = { model: 'claude-sonnet-4-5', max_tokens: 1024, messages, system: 'Cite each source.' };
    const blocks = [{ type: 'text', text: 'Cite each source.', cache_control: { type: 'ephemeral' } }];
    expect(
      changesOf(
        asked,
        { ...asked, system: blocks },
        { ...asked, system: blocks, max_tokens: 2048, thinking: { type: 'enabled', budget_tokens: 512 } },
        { ...asked, system: [...blocks, { type: 'text', text: 'Never guess.' }], max_tokens: 2048 },
      ),
    ).toEqual([
      'r2-r3 PROMPT: null → Never guess.',
      'r2-r3 PARAMETERS: thinking: {"budget_tokens":512,"type":"enabled"} → null',
      'r1-r2 PARAMETERS: max_tokens: 1024 → max_tokens: 2048, thinking: {"budget_tokens":512,"type":"enabled"}',
    ]);
  });

  it.each<[string, JsonValue, JsonValue, string]>([
    [
      'responses',
      { model: 'm', instructions: 'A.', input: 'x' },
      { model: 'm', instructions: 'B.', input: 'y' },
      'A. → B.',
    ],
    [
      'developer messages',
      { model: 'm', input: [{ role: 'developer', content: 'A.' }] },
      { model: 'm', input: [{ role: 'developer', content: [{ type: 'input_text', text: 'B.' }] }] },
      'A. → B.',
    ],
    [
      'stored prompts',
      { model: 'm', prompt: { id: 'pmpt_1', version: '1', variables: { name: 'Ann' } } },
      { model: 'm', prompt: { id: 'pmpt_1', version: '2', variables: { name: 'Bob' } } },
      'pmpt_1 1 → pmpt_1 2',
    ],
    ['templates', { template: 'Answer {q}' }, { template: 'Reply to {q}' }, 'Answer {q} → Reply to {q}'],
    ['a list of messages', [{ role: 'system', content: 'A.' }], [{ role: 'system', content: 'B.' }], 'A. → B.'],
    ['the first prompt', chat(null, 'x'), chat('B.', 'y'), 'null → B.'],
    ['the last prompt', chat('A.', 'x'), chat(null, 'y'), 'A. → null'],
  ])('is read from %s', (_, before, after, change) => {
    expect(changesOf(before, after)).toEqual([`r0-r1 PROMPT: ${change}`]);
    expect(changesOf(before, before)).toEqual([]);
  });

  it('includes prompts with more than 200 messages', () => {
    const messages = Array.from({ length: 300 }, () => ({ role: 'user', content: 'Hi' }));
    const long = (system: string) => ({ model: 'm', messages: [{ role: 'system', content: system }, ...messages] });
    expect(changesOf(long('A.'), long('B.'))).toEqual(['r0-r1 PROMPT: A. → B.']);
  });

  it('excludes steps that call no model, and unreadable values', () => {
    let deep: JsonValue = 1;
    for (let level = 0; level < 300; level += 1) deep = [deep];
    expect(changesOf({ query: 'a', top_k: 4 }, { query: 'b', top_k: 6 }, null, 'text', 7)).toEqual([]);
    const [one, two] = [chat('A.', 'x'), chat('B.', 'y')];
    expect(changesOf(one, { model: 'other', tools: deep }, null, { query: 'a' }, two)).toEqual([
      'r0-r4 PROMPT: A. → B.',
    ]);
  });

  it('compares a node with its last model call, newest changes first', () => {
    const [a, b] = [[chat('A.', 'x')], [chat('B.', 'x')]];
    const runs = runsOf([{ two: a, one: a }, { one: a }, {}, { two: b, one: b }, { one: a }]);
    expect(pointsOf(runs).map(({ at: { text }, ...rest }) => ({ ...rest, at: text }))).toEqual([
      { at: at(4).text, runId: 'r4', previousRunId: 'r3', nodeId: 'one', kind: 'PROMPT', before: 'B.', after: 'A.' },
      { at: at(3).text, runId: 'r3', previousRunId: 'r1', nodeId: 'one', kind: 'PROMPT', before: 'A.', after: 'B.' },
      { at: at(3).text, runId: 'r3', previousRunId: 'r0', nodeId: 'two', kind: 'PROMPT', before: 'A.', after: 'B.' },
    ]);
  });

  it('counts all executions of a node together, in any order', () => {
    const branch = (part: string, model: string) => chat(`You check ${part}. Be strict.`, 'x', { model, top_p: 0.5 });
    const [prices, dates] = [branch('prices', 'm-1'), branch('dates', 'm-2')];
    const runs = [
      [prices, dates],
      [dates, prices],
      [prices, prices, dates],
      [prices, branch('names', 'm-2')],
    ];
    expect(pointsOf(runsOf(runs.map((node) => ({ node }))))).toEqual([]);
    const changed = [...runs, [prices, { ...(dates as object), model: 'm-3', top_p: 0.9 }]];
    expect(pointsOf(runsOf(changed.map((node) => ({ node }))))).toMatchObject([
      { kind: 'MODEL', before: 'm-1 | m-2', after: 'm-1 | m-3' },
      { kind: 'PARAMETERS', before: 'top_p: 0.5', after: 'top_p: 0.5 | 0.9' },
    ]);
  });

  it('shows where long strings differ', () => {
    const long = (end: string) => chat(`${'word '.repeat(200)}and ${end}`, 'x');
    const [change = ''] = changesOf(long('more'), long('less'));
    expect(change).toMatch(/^r0-r1 PROMPT: ….{36}and more → ….{36}and less$/);
    const [cut] = pointsOf(runsOf(['A', 'B'].map((start) => ({ node: [chat(start.repeat(9000), 'x')] }))));
    expect([cut?.before, cut?.after]).toEqual([`${'A'.repeat(300)}…`, `${'B'.repeat(300)}…`]);
  });

  it('is found beyond the sentences and characters that are kept', () => {
    const many = (end: string) =>
      chat(`${Array.from({ length: 700 }, (_, at) => `No. ${at}x.`).join(' ')} ${end}`, 'x');
    expect(changesOf(many('A.'), many('B.'))).toEqual([expect.stringMatching(/^r0-r1 PROMPT: ….* → ….*$/)]);
    const schema = (end: string) => chat('A.', 'x', { response_format: { schema: 'x'.repeat(3000) + end } });
    expect(changesOf(schema('1'), schema('2'))).toEqual([
      expect.stringMatching(/^r0-r1 PARAMETERS: response_format: …x+… \(\S{8}\) → response_format: …x+… \(\S{8}\)$/),
    ]);
  });

  it('compares all tools with the same name, in any order', () => {
    const server = (label: string): JsonValue => ({ type: 'mcp', server_label: label });
    const with2 = (...labels: readonly string[]) =>
      chat('A.', 'x', { tools: [tool('find', 'F'), ...labels.map(server)] });
    expect(
      changesOf(with2('a', 'b'), chat('A.', 'x', { tools: [server('a'), server('b'), tool('find', 'F')] })),
    ).toEqual([]);
    expect(changesOf(with2('a', 'b'), with2('c', 'b'))).toEqual([expect.stringContaining('tools.mcp')]);
  });
});

describe('data in a prompt', () => {
  const day = (number: number) => `2026-11-${String(10 + number)}`;
  const changedIn = (prompts: readonly string[]) =>
    pointsOf(runsOf(prompts.map((prompt) => ({ node: [chat(prompt, 'x')] })))).map(({ runId }) => runId);
  const runs = [0, 1, 2, 3, 4, 5, 6, 7];

  it.each([
    (number: number) => `Today is ${day(number)}.`,
    (number: number) => `It is ${day(number)}T09:0${number}:00.123Z in Rome.`,
    (number: number) => `Date: Saturday, November ${10 + number}, 2026`,
    (number: number) => `Now: ${10 + number} Nov 2026 0${number}:30`,
  ])('is ignored if it is a date, even a shared one: %s', (write) => {
    expect(changedIn(runs.map((number) => `You are a clerk. ${write(number >> 1)}\nBe brief.`))).toEqual([]);
  });

  it('ignores sentences unique to each run, but not template changes', () => {
    const prompts = runs.map((number) => `You are a clerk.\nCustomer: c-${number}\nPassage ${number}. Text ${number}.`);
    expect(changedIn(prompts)).toEqual([]);
    const edited = prompts.map((prompt, number) => `${prompt}\n${number < 5 ? 'Be brief.' : 'Be kind.'}`);
    expect(changedIn(edited)).toEqual(['r5']);
    // Changes up to the newest run, as far as it is missing a sentence that the runs before had.
    expect(changedIn(edited.slice(0, 6))).toEqual(['r5']);
  });

  it('is reported if neighboring runs share the prompt', () => {
    expect(changedIn(['A.', 'A.', 'A. B.'])).toEqual(['r2']);
    expect(changedIn(['A.', 'A.', 'A. B.', 'A.', 'A.'])).toEqual(['r3', 'r2']);
    expect(changedIn(['A.', 'B.', 'C.'])).toEqual(['r2', 'r1']);
  });
});

describe('a change of the graph', () => {
  const nodes = (...ids: readonly string[]) => ids.map((id) => ({ id, type: null, description: null }));
  const graph = { nodes: nodes('a', 'b', 'c'), edges: [], entry: null, finish: null };
  const runs = runsOf([
    { a: [null], old: [null] },
    { a: [null], b: [null] },
    { a: [null], c: [null] },
  ]);

  it('lies between the runs around the last workflow update', () => {
    const points = pointsOf(runs, { version: '1.3', updatedAt: at(1.5), graph });
    expect(points).toEqual([
      {
        ...{ at: at(2), runId: 'r2', previousRunId: 'r1', nodeId: null, kind: 'GRAPH' },
        ...{ before: 'nodes old', after: 'version 1.3, nodes c' },
      },
    ]);
    expect(pointsOf(runs, { version: null, updatedAt: at(1), graph: null })).toMatchObject([
      { runId: 'r1', before: null, after: 'nodes b, c' },
    ]);
  });

  it.each([at(0), at(3), null])('is unknown unless it lies between two runs: %j', (updatedAt) => {
    expect(pointsOf(runs, { version: '1.3', updatedAt, graph })).toEqual([]);
  });
});

/** Brute-force reference of the hashed data of each run that calls a model. */
describe('the hashes of a node', () => {
  const sentence = fc.constantFrom('A.', 'B.', 'C.', 'D.', 'E.');
  const asked = fc.record({
    model: fc.option(fc.constantFrom('m-1', 'm-2')),
    system: fc.uniqueArray(sentence, { maxLength: 4 }),
    temperature: fc.option(fc.constantFrom(0, 0.5)),
    stop: fc.option(fc.constant(['x'])),
  });
  const runs = fc.array(fc.option(asked), { maxLength: 12 });
  type Call = NonNullable<typeof asked extends fc.Arbitrary<infer T> ? T : never>;

  function templates(prompts: readonly (readonly string[])[]): readonly string[][] {
    const end = prompts.length - 1;
    const isOwn = (index: number, one: string) =>
      [prompts[index - 1], prompts[index + 1]].every((other) => !other?.includes(one));
    const own = prompts.map((prompt, index) => index > 0 && index < end && prompt.some((one) => isOwn(index, one)));
    const isData = (index: number) => own[index] === true && (own[index - 1] === true || own[index + 1] === true);
    return prompts.map((prompt, index) => {
      const of = index === 0 ? 1 : index === end ? end - 1 : index;
      return prompt.filter((one) => !(isData(of) && isOwn(index, one))).sort();
    });
  }

  function expected(calls: readonly { readonly run: number; readonly call: Call }[]): string[] {
    const prompts = templates(calls.map(({ call }) => call.system));
    const hashes = {
      MODEL: calls.flatMap(({ run, call }) => (call.model === null ? [] : [[run, call.model] as const])),
      PROMPT: calls.map(({ run }, index) => [run, JSON.stringify(prompts[index])] as const),
      PARAMETERS: calls.map(({ run, call }) => [run, JSON.stringify([call.temperature, call.stop])] as const),
    };
    return Object.entries(hashes)
      .flatMap(([kind, list]) =>
        list.flatMap(([run, value], index) => {
          const [from, before] = list[index - 1] ?? [];
          return index > 0 && before !== value ? [`${from}-${run} ${kind}`] : [];
        }),
      )
      .sort();
  }

  it('differ exactly at the change points', () => {
    fc.assert(
      fc.property(runs, (given) => {
        const inputs = given.map((call) => call && { ...call, system: call.system.join(' '), messages: [] });
        const points = pointsOf(runsOf(inputs.map((call) => ({ node: [call] }))));
        const calls = given.flatMap((call, run) => (call ? [{ run, call }] : []));
        const found = points.map(({ previousRunId, runId, kind }) => `${previousRunId}-${runId} ${kind}`);
        expect(found.map((text) => text.replaceAll('r', '')).sort()).toEqual(expected(calls));
        for (const { before, after } of points) expect(before).not.toBe(after);
      }),
      { numRuns: 2000 },
    );
  });
});
