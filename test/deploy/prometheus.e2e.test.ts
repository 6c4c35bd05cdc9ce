import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { readProjectFile } from './compose.ts';
import { postTo } from '../harness/gateway.ts';
import { startProcess } from '../harness/process.ts';
import { findProgram } from '../harness/program.ts';
import { startUpstream } from '../harness/upstream.ts';

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
}
interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}
interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
  }[];
}

const FILES = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));

const ALERTS = (parse(readProjectFile('deploy/prometheus/stepgate-alerts.yaml')) as Rules).groups
  .flatMap(({ rules }) => rules)
  .map(({ alert }) => alert);

/** With values for the variables of Grafana. */
const QUERIES = (JSON.parse(readProjectFile('deploy/grafana/stepgate-dashboard.json')) as Dashboard).panels
  .flatMap(({ targets }) => targets)
  .map(({ expr }) => expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m'));

describe('the alert tests', () => {
  const { tests } = parse(readProjectFile('deploy/prometheus/stepgate-alerts.test.yaml')) as RuleTests;

  it.each(ALERTS)('cover %s both firing and not firing', (alert) => {
    const seen = tests.flatMap(({ alert_rule_test: cases }) => cases).filter(({ alertname }) => alertname === alert);
    expect(new Set(seen.map(({ exp_alerts: raised }) => raised.length > 0))).toEqual(new Set([true, false]));
  });
});

// In CI a missing Prometheus is a failure.
const isThere = findProgram('--version', 'promtool') !== null;
const withPrometheus = !isThere && process.env.CI === undefined ? describe.skip : describe;

withPrometheus(`Prometheus${isThere ? '' : ' (skipped: it is not on this machine)'}`, () => {
  it.each([
    ['configuration', 'check config prometheus.yml'],
    ['rules', 'check rules stepgate-alerts.yaml'],
    ['tests of the alerts', 'test rules stepgate-alerts.test.yaml'],
  ])('accepts the %s', (_which, words) => {
    const { status, stdout, stderr } = spawnSync('promtool', words.split(' '), { cwd: FILES, encoding: 'utf8' });
    expect({ status, printed: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, printed: '' });
  });

  it('accepts the metrics of a real process', async () => {
    const upstream = await startUpstream(({ runId }) => ({ status: Number(runId), raw: '{}' }));
    const process = startProcess({ UPSTREAM_URL: upstream.url, BUILD_REVISION: '1f2e3d4' });
    const url = await process.url();
    // Each family needs a sample.
    for (const id of ['200', '500']) {
      const query = `{ run(workflowId: "wf", id: "${id}") { status } }`;
      await postTo(url, { query }, { headers: { 'graphql-client-name': 'web' } });
    }
    const input = await (await fetch(`${url}/metrics`)).text();
    process.child.kill('SIGTERM');
    expect(await process.exited).toBe(0);
    await upstream.close();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
    expect({ status, printed: stdout + stderr }).toEqual({ status: 0, printed: '' });
    const { version } = JSON.parse(readProjectFile('package.json')) as { readonly version: string };
    const labels = `version="${version}",revision="1f2e3d4",nodejs="${globalThis.process.version}"`;
    expect(input.split('\n')).toContain(`stepgate_build_info{${labels}} 1`);
  });

  it('parses every query of the dashboard', () => {
    const rules = QUERIES.map((expr, at) => ({ record: `dashboard_${at}`, expr }));
    const input = JSON.stringify({ groups: [{ name: 'dashboard', rules }] });
    const { status, stderr } = spawnSync('promtool', ['check', 'rules'], { input, encoding: 'utf8' });
    expect({ status, printed: status === 0 ? '' : stderr }).toEqual({ status: 0, printed: '' });
  });
});
