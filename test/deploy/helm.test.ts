/** The chart of deploy/helm, read without Helm, which is neither in npm nor in Debian. */
import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { ENVIRONMENT } from '../../src/config/variables.ts';
import { readProjectFile } from '../harness/compose.ts';
import { MANIFESTS, type Manifest } from '../harness/kubernetes.ts';

const FOLDER = 'deploy/helm';

type Tree = Readonly<Record<string, unknown>>;

const FILES = readdirSync(new URL(`../../${FOLDER}/templates/`, import.meta.url));
const TEMPLATES = FILES.map((file) => readProjectFile(`${FOLDER}/templates/${file}`));
const VALUES = parse(readProjectFile(`${FOLDER}/values.yaml`)) as Tree & { readonly env: Tree };

const manifestsIn = (text: string): Manifest[] =>
  parseAllDocuments(text).map((document) => {
    expect(document.errors).toEqual([]);
    return document.toJS() as Manifest;
  });

/** Removes lines with only an action. In other lines, each action becomes a word. */
const withoutActions = (template: string): string =>
  template.replaceAll(/^ *\{\{-? .* \}\}\n/gm, '').replaceAll(/\{\{ .*? \}\}/g, 'word');

/** What the chart and deploy/kubernetes have in common, by kind. */
const COMMON: Readonly<Record<string, (spec: Tree) => unknown>> = {
  Deployment: ({ strategy, template }) => {
    const { spec } = template as { readonly spec: Tree & { readonly containers: readonly [Tree] } };
    const { ports, lifecycle, startupProbe, readinessProbe, livenessProbe, securityContext } = spec.containers[0];
    return {
      strategy,
      ...{ ports, lifecycle, startupProbe, readinessProbe, livenessProbe, securityContext },
      pod: [spec.securityContext, spec.terminationGracePeriodSeconds, spec.automountServiceAccountToken],
    };
  },
  Service: ({ ports }) => ports,
  HorizontalPodAutoscaler: ({ behavior }) => behavior,
  PodDisruptionBudget: ({ maxUnavailable, unhealthyPodEvictionPolicy }) => [maxUnavailable, unhealthyPodEvictionPolicy],
  NetworkPolicy: ({ egress }) => egress,
};

function expectTheSame(chart: readonly Manifest[]): void {
  for (const [kind, commonOf] of Object.entries(COMMON)) {
    const isIt = (manifest: Manifest) => manifest.kind === kind && !/valkey|nothing/.test(manifest.metadata.name);
    const [own, other] = [chart, MANIFESTS].map((manifests) => manifests.find(isIt)?.spec as Tree | undefined);
    expect({ kind, common: own && commonOf(own) }).toEqual({ kind, common: other && commonOf(other) });
  }
}

describe('the chart of deploy/helm', () => {
  it('has the version of package.json', () => {
    const { version } = JSON.parse(readProjectFile('package.json')) as { readonly version: string };
    expect(parse(readProjectFile(`${FOLDER}/Chart.yaml`))).toMatchObject({ version, appVersion: version });
  });

  it('sets variables that the gateway reads', () => {
    for (const name of Object.keys(VALUES.env)) expect(Object.keys(ENVIRONMENT.shape)).toContain(name);
  });

  it('asks for values that there are, or that it requires', () => {
    const asked = TEMPLATES.join('\n').matchAll(/\.Values((?:\.\w+)+)/g);
    const paths = new Set([...asked].map(([, path = '']) => path.slice(1)));
    const found = (path: string) =>
      path.split('.').reduce<unknown>((value, key) => (value as Tree | undefined)?.[key], VALUES);
    expect([...paths].filter((path) => found(path) === undefined)).toEqual(['env.UPSTREAM_URL']);
  });

  it.each(FILES)('Each block of %s is closed in its turn', (file) => {
    const template = readProjectFile(`${FOLDER}/templates/${file}`);
    let depth = 0;
    for (const [, word] of template.matchAll(/\{\{-?\s*(if|range|with|define|block|end)\b/g)) {
      depth += word === 'end' ? -1 : 1;
      expect(depth).toBeGreaterThanOrEqual(0);
    }
    expect(depth).toBe(0);
  });

  it('The chart has the kinds of deploy/kubernetes, and says the same', () => {
    expect(TEMPLATES.join('\n')).toMatch(/\{\{-? (?:if|range|with) /);
    const chart = manifestsIn(TEMPLATES.map(withoutActions).join('---\n'));
    expectTheSame(chart);
    expect(chart.map(({ kind }) => kind).sort()).toEqual([
      ...['ConfigMap', 'Deployment', 'HorizontalPodAutoscaler', 'Ingress', 'NetworkPolicy'],
      ...['PodDisruptionBudget', 'Service'],
    ]);
  });
});
