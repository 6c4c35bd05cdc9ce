import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { SECRET } from '../harness/fleet.ts';
import { TestGateway } from '../harness/gateway.ts';
import { perBlock } from '../harness/lasting.ts';
import { scrape, type Scrape } from '../harness/observed.ts';
import { ScriptedUpstream } from '../harness/upstream.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly runbook: string };
}
interface Panel {
  readonly title: string;
  readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
}

const ALERTS = (
  parse(read('deploy/prometheus/stepgate-alerts.yaml')) as { groups: readonly { rules: readonly Rule[] }[] }
).groups.flatMap(({ rules }) => rules);
const DASHBOARD = JSON.parse(read('deploy/grafana/stepgate-dashboard.json')) as { panels: readonly Panel[] };
const EXPRESSIONS = [
  ...ALERTS.map(({ alert, expr }) => [alert, expr] as const),
  ...DASHBOARD.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
];

/** Labels that Prometheus adds to every series. */
const OF_THE_TARGET = ['instance', 'job'];

/** A series of Prometheus itself. */
const OF_PROMETHEUS = 'up{job="stepgate"} ';

/** The metrics, labels and label values of an expression that the gateway does not have. */
function problemsOf(expression: string, { samples }: Scrape): string[] {
  if (expression.startsWith(OF_PROMETHEUS)) return [];
  const selectors = [...expression.matchAll(/\b((?:stepgate|process|nodejs)_\w+)(?:\{([^}]*)\})?/g)];
  if (selectors.length === 0) return ['it asks for no metric'];
  const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(/, */));
  return selectors.flatMap(([, name = '', matchers = '']) => {
    const series = samples.filter((sample) => sample.name === name);
    if (series.length === 0) return [`there is no metric ${name}`];
    const known = [...OF_THE_TARGET, ...Object.keys(series[0]?.labels ?? {})];
    const pairs = [...matchers.matchAll(/(\w+)(=~|!=|=)"([^"]*)"/g)];
    const labels = [...grouped, ...pairs.map(([, label = '']) => label)].filter((label) => !known.includes(label));
    const values = pairs.filter(
      ([, label = '', operator, value]) =>
        operator !== '=~' && !series.some((sample) => sample.labels[label] === value),
    );
    return [
      ...labels.map((label) => `${name} has no label ${label}`),
      ...values.map(([pair]) => `no series of ${name} fits ${pair}`),
    ];
  });
}

describe('the alerts and the dashboard', () => {
  let figures: Scrape;
  const upstream = perBlock(new ScriptedUpstream());
  // The metrics of a fleet exist even if Valkey is away.
  const fleet = { REDIS_URL: 'redis://127.0.0.1:1', FLEET_SECRET: SECRET };
  const gateway = perBlock(new TestGateway({ upstream, env: fleet }));

  beforeAll(async () => {
    await gateway.query('{ run(workflowId: "wf", id: "r1") { status } }');
    upstream.script = () => ({ status: 401 });
    await gateway.query('{ run(workflowId: "wf", id: "r2") { status } }');
    figures = await scrape(gateway.url);
  });

  it.each(EXPRESSIONS)('query only existing metrics: %s: %s', (_name, expression) => {
    expect(problemsOf(expression, figures)).toEqual([]);
  });

  it('use only labels in legends that their expressions keep', () => {
    for (const { title, targets } of DASHBOARD.panels) {
      for (const { expr, legendFormat } of targets) {
        const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
        const kept = /\bby \(([^)]*)\)/.exec(expr)?.[1]?.split(/, */) ?? [];
        expect({ title, lost: named.filter((label) => !kept.includes(label)) }).toEqual({ title, lost: [] });
      }
    }
  });

  it('link to a section of the runbook', () => {
    const page = read('docs/observability.md');
    const anchors = [...page.matchAll(/^### (.+)$/gm)].map(
      ([, title = '']) => `docs/observability.md#${title.toLowerCase().replaceAll(' ', '-')}`,
    );
    for (const { annotations } of ALERTS) expect(anchors).toContain(annotations.runbook);
  });
});
