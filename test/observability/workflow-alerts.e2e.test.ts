import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createEmbeddedUpstream, type EmbeddedUpstream } from '../../src/sample/server.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { findProgram, freePort, startProgram, type Program } from '../harness/program.ts';
import { until } from '../harness/until.ts';

interface Alert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: { readonly summary: string; readonly run?: string };
  readonly endsAt: string;
}
interface Group {
  readonly labels: Readonly<Record<string, string>>;
  readonly alerts: readonly Alert[];
}

const SCRIPT = fileURLToPath(new URL('../../examples/alerts/alerts.mjs', import.meta.url));
const CONFIG = `
route: { receiver: team, group_by: [workflow] }
receivers: [{ name: team }]
`;
const sha256 = (key: string) => createHash('sha256').update(key).digest('hex');

// Debian's name, and that of the project.
const ALERTMANAGER = findProgram('--version', 'prometheus-alertmanager', 'alertmanager');
const withAlertmanager = ALERTMANAGER === null && process.env.CI === undefined ? describe.skip : describe;

withAlertmanager(`examples/alerts${ALERTMANAGER === null ? ' (skipped: there is no Alertmanager here)' : ''}`, () => {
  const directory = mkdtempSync(join(tmpdir(), 'stepgate-alertmanager-'));
  let upstream: EmbeddedUpstream;
  let gateway: TestGateway;
  let alertmanager: Program;
  let script: ChildProcess;
  let url: string;

  beforeEach(async () => {
    upstream = await createEmbeddedUpstream({ port: 0, hasIncident: true, pace: 50 });
    gateway = await startGateway({
      upstream,
      env: {
        ...{ UPSTREAM_AUTH: 'service', UPSTREAM_API_KEY: 'demo-key', AUTH_EXECUTE_SCOPE: 'runs:execute' },
        UPSTREAM_ENDPOINTS: 'steps,run,runs,workflows,execute,cancel',
        GATEWAY_KEYS_SHA256: `alerts+read:${sha256('read-only')},web:${sha256('key-1')}`,
      },
    });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    writeFileSync(join(directory, 'config.yml'), CONFIG);
    alertmanager = await startProgram(
      ALERTMANAGER ?? 'alertmanager',
      [
        `--config.file=${directory}/config.yml`,
        `--storage.path=${directory}`,
        `--web.listen-address=127.0.0.1:${port}`,
        '--cluster.listen-address=',
      ],
      [port],
    );
    script = spawn(process.execPath, [SCRIPT], {
      stdio: 'inherit',
      env: {
        ...{ STEPGATE_URL: gateway.url, STEPGATE_KEY: 'read-only', ALERTMANAGER_URL: url },
        ...{ LINK_URL: 'https://runs.example.com', POLL_SECONDS: '1' },
      },
    });
  });

  afterEach(async () => {
    script.kill();
    await once(script, 'exit');
    await alertmanager.close();
    await gateway.close();
    await upstream.close();
    rmSync(directory, { recursive: true });
  });

  /** Alerts of Alertmanager, once they have these names, in any order. */
  async function alerts(...names: readonly string[]): Promise<ReadonlyMap<string | undefined, Alert>> {
    const shown = new Map<string | undefined, Alert>();
    await until(async () => {
      shown.clear();
      const list = (await (await fetch(`${url}/api/v2/alerts`)).json()) as readonly Alert[];
      for (const alert of list) shown.set(alert.labels.alertname, alert);
      return list.length === names.length && names.every((name) => shown.has(name));
    });
    return shown;
  }

  it('shows the sample incident until it is over, despite gateway outages', async () => {
    const shown = await alerts('WorkflowFails', 'RunIsOverdue', 'WorkflowShifted');
    expect(shown.get('WorkflowFails')).toMatchObject({
      labels: {
        ...{ workflow: 'support-triage', node: 'draft_reply', state: 'NEW' },
        error: 'ValueError: the answer for ticket T-<number> has no field "reply"',
      },
      annotations: {
        run: expect.stringMatching(/^https:\/\/runs\.example\.com\/workflows\/support-triage\/runs\/[\w-]+$/),
      },
    });
    const overdue = shown.get('RunIsOverdue');
    expect(overdue?.annotations.run).toBe(
      `https://runs.example.com/workflows/document-ingest/runs/${overdue?.labels.runId}`,
    );
    expect(shown.get('WorkflowShifted')?.labels).toMatchObject({ workflow: 'document-ingest', metric: 'DURATION' });
    const groups = (await (await fetch(`${url}/api/v2/alerts/groups`)).json()) as readonly Group[];
    expect(groups.map(({ labels, alerts }) => [labels.workflow, alerts.length])).toEqual([
      ['document-ingest', 2],
      ['support-triage', 1],
    ]);

    const START =
      'mutation { executeWorkflow(workflowId: "support-triage", inputs: { simulate: "success" }) { message } }';
    for (let run = 0; run < 5; run += 1) await gateway.data(START);
    await gateway.data('mutation ($id: ID!) { cancelRun(workflowId: "document-ingest", id: $id) { run { id } } }', {
      variables: { id: overdue?.labels.runId },
    });
    await alerts('WorkflowShifted');

    await gateway.stop();
    // Posted in the same poll: not the rest of an earlier one.
    await until(async () => {
      const both = await alerts('WorkflowShifted', 'StepgateFails');
      return both.get('WorkflowShifted')?.endsAt === both.get('StepgateFails')?.endsAt;
    });
    const left = await alerts('WorkflowShifted', 'StepgateFails');
    expect(left.get('StepgateFails')?.annotations.summary).toBe('Stepgate does not answer: ECONNREFUSED');
  });
});
