/** Workflows, run records and steps in the upstream's wire format, for scripted upstreams. */

export type Wire = Readonly<Record<string, unknown>>;

const MODEL_OUTPUTS = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'virtuoso-large',
  choices: [{ message: { role: 'assistant', content: 'Refund approved.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 120, completion_tokens: 30, total_tokens: 150 },
};

/** A finished step of 2.237692 s, like the example in the API's documentation. */
export const wireStep = (fields: Wire = {}): Wire => ({
  id: 'step-1',
  user_id: 'user-1',
  organization_id: 'org-1',
  node_id: 'model_1',
  status: 'completed',
  start_time: '2025-03-13T02:41:15.144470Z',
  end_time: '2025-03-13T02:41:17.382162Z',
  elapsed_time: 2,
  error: null,
  outputs: MODEL_OUTPUTS,
  inputs: { model: 'virtuoso-large', messages: [{ role: 'user', content: 'Refund?' }], input_data: { order: 7 } },
  step_metadata: null,
  tokens: 0,
  ...fields,
});

/** The record of a run with only this step. */
export const wireRun = (id: string, fields: Wire = {}): Wire => ({
  id,
  status: 'completed',
  start_time: '2025-03-13T02:41:15.144470Z',
  end_time: '2025-03-13T02:41:17.382162Z',
  elapsed_time: 2,
  error: null,
  outputs: 'Refund approved.',
  all_outputs: { model_1: MODEL_OUTPUTS },
  inputs: { order: 7 },
  ...fields,
});

/** A workflow of two nodes in sequence. */
export const wireWorkflow = (id: string, fields: Wire = {}): Wire => ({
  workflow_id: id,
  name: `Workflow ${id}`,
  description: 'Answers mail',
  status: 'active',
  version: '1.2',
  public: false,
  user_id: 'user-1',
  organization_id: 'org-1',
  created_at: '2025-03-12 00:59:55.465508+00:00',
  updated_at: '2025-03-13 00:59:55.465508+00:00',
  updated_by: 'user-2',
  file_metadata: { bucket: 'secret-bucket', url: 'https://secret.example/x', key: 'secret-key' },
  graph: {
    description: '',
    nodes: {
      model_1: { type: 'model', metadata: { description: 'Writes' } },
      send: { type: 'code', metadata: { description: '' } },
    },
    edges: [
      ['START', 'model_1'],
      ['model_1', 'send'],
      ['send', 'END'],
    ],
    entry_point: 'model_1',
    finish_point: 'send',
  },
  ...fields,
});

/** Not yet known to TypeScript. */
export const { rawJSON } = JSON as typeof JSON & { readonly rawJSON: (text: string) => unknown };

/** The body of an answer. Infinities become numbers beyond any double, which JSON reads as infinities. */
export const bodyOf = (json: unknown): Buffer =>
  Buffer.from(
    JSON.stringify(json, (_, value: unknown) => {
      if (value === Infinity) return rawJSON('1e400');
      return value === -Infinity ? rawJSON('-1e400') : value;
    }),
  );
