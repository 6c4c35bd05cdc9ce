import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { readProjectFile } from '../harness/compose.ts';
import { startFaultyUpstream, type FaultyUpstream } from '../harness/faulty-upstream.ts';
import { startGateway, type TestGateway } from '../harness/gateway.ts';
import { startProcess } from '../harness/process.ts';
import { FILES, HAS_PROMETHEUS, startPrometheus, type Prometheus } from '../harness/prometheus.ts';

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string }[] }[];
}
interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}
interface RuleTests {
  readonly tests: readonly {
    readonly alert_rule_test: readonly { readonly alertname: string; readonly exp_alerts: readonly unknown[] }[];
  }[];
}
interface HealthOfRules {
  readonly groups: readonly { readonly rules: readonly { readonly name: string; readonly health: string }[] }[];
}
interface Series {
  readonly result: readonly { readonly metric: Readonly<Record<string, string>>; readonly value: [number, string] }[];
}

const ALERTS = (parse(readProjectFile('deploy/prometheus/stepgate-alerts.yaml')) as Rules).groups
  .flatMap(({ rules }) => rules)
  .map(({ alert }) => alert);

/** With values for the variables of Grafana. */
const QUERIES = (JSON.parse(readProjectFile('deploy/grafana/stepgate-dashboard.json')) as Dashboard).panels.flatMap(
  ({ title, targets }) =>
    targets.map(
      ({ expr }) => [title, expr.replaceAll('$instance', '.*').replaceAll('$__rate_interval', '1m')] as const,
    ),
);

describe('the tests of the alerts', () => {
  const { tests } = parse(readProjectFile('deploy/prometheus/stepgate-alerts.test.yaml')) as RuleTests;

  it.each(ALERTS)('The tests of the alerts have a case where %s fires, and one where it does not', (alert) => {
    const seen = tests.flatMap(({ alert_rule_test: cases }) => cases).filter(({ alertname }) => alertname === alert);
    expect(new Set(seen.map(({ exp_alerts: raised }) => raised.length > 0))).toEqual(new Set([true, false]));
  });
});

// In CI a missing Prometheus is a failure.
const withPrometheus = !HAS_PROMETHEUS && process.env.CI === undefined ? describe.skip : describe;

withPrometheus(`Prometheus${HAS_PROMETHEUS ? '' : ' (skipped: it is not on this machine)'}`, () => {
  it.each([
    ['configuration', 'check config prometheus.yml'],
    ['rules', 'check rules stepgate-alerts.yaml'],
    ['tests of the alerts', 'test rules stepgate-alerts.test.yaml'],
  ])('Prometheus accepts the %s', (_which, words) => {
    const { status, stdout, stderr } = spawnSync('promtool', words.split(' '), { cwd: FILES, encoding: 'utf8' });
    expect({ status, printed: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, printed: '' });
  });

  it('Prometheus accepts the names, types and help of the metrics of a real process', async () => {
    const upstream = await startFaultyUpstream(({ runId }) => ({ status: Number(runId), raw: '{}' }));
    const process = startProcess({ UPSTREAM_URL: upstream.url, BUILD_REVISION: '1f2e3d4' });
    const url = await process.url();
    // Each family needs a sample.
    for (const id of ['200', '500']) {
      await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: 'Bearer key-1',
          'graphql-client-name': 'web',
        },
        body: JSON.stringify({ query: `{ run(workflowId: "wf", id: "${id}") { status } }` }),
      });
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

  describe('over a gateway', () => {
    let upstream: FaultyUpstream;
    let gateway: TestGateway;
    let prometheus: Prometheus;

    beforeAll(async () => {
      upstream = await startFaultyUpstream();
      gateway = await startGateway({ UPSTREAM_URL: upstream.url });
      prometheus = await startPrometheus(gateway.url);
    });
    afterAll(async () => {
      await prometheus.close();
      await gateway.close();
      await upstream.close();
    });

    it('Prometheus scrapes the metrics', async () => {
      const instance = new URL(gateway.url).host;
      const up = await prometheus.poll<Series>('query?query=up', ({ result }) => result[0]?.value[1] === '1');
      expect(up.result.map(({ metric }) => metric)).toEqual([{ __name__: 'up', job: 'stepgate', instance }]);

      await gateway.query('{ run(workflowId: "wf", id: "r1") { status } }');
      const query = encodeURIComponent('sum(stepgate_operations_total{outcome="ok"})');
      await prometheus.poll<Series>(`query?query=${query}`, ({ result }) => result[0]?.value[1] === '1');
    });

    it.each(QUERIES)('Prometheus evaluates the query of the dashboard: %s: %s', async (_title, query) => {
      expect(await prometheus.evaluate(query)).toEqual({ status: 'success' });
    });

    it('Prometheus evaluates every alert without an error', async () => {
      const { groups } = await prometheus.poll<HealthOfRules>('rules', (data) =>
        data.groups.every(({ rules }) => rules.length > 0 && rules.every(({ health }) => health !== 'unknown')),
      );
      const rules = groups.flatMap((group) => group.rules.map(({ name, health }) => [name, health]));
      expect(rules).toEqual(ALERTS.map((alert) => [alert, 'ok']));
    });
  });
});
