/** The chart of deploy/helm: read without Helm as far as that goes, and rendered where the machine has Helm. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse, parseAllDocuments } from 'yaml';
import { ENVIRONMENT } from '../../src/config/variables.ts';
import { readProjectFile } from '../harness/compose.ts';
import { MANIFESTS, type Manifest } from '../harness/kubernetes.ts';
import { findProgram } from '../harness/program.ts';

const FOLDER = 'deploy/helm';
const HELM = findProgram('version', 'helm');
const UPSTREAM = 'env.UPSTREAM_URL=https://orchestra.example.com/api/v1/workflow';

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

  it('opens and closes each block', () => {
    for (const template of TEMPLATES) {
      const count = (word: RegExp) => [...template.matchAll(word)].length;
      expect(count(/\{\{-? (?:if|range|with) /g)).toBe(count(/\{\{-? end \}\}/g));
    }
  });

  it('says the same as deploy/kubernetes', () => {
    expectTheSame(manifestsIn(TEMPLATES.map(withoutActions).join('---\n')));
  });
});

/** Neither npm nor Debian has Helm, so CI need not have it. */
const withHelm = HELM === null ? describe.skip : describe;

withHelm(`Helm${HELM === null ? ' (skipped: it is not on this machine)' : ''}`, () => {
  const helm = (...words: readonly string[]) => {
    const { status, stdout, stderr } = spawnSync('helm', words, { encoding: 'utf8' });
    return { status, stdout, stderr };
  };

  it('finds nothing wrong', () => {
    expect(helm('lint', '--strict', FOLDER, '--set', UPSTREAM)).toMatchObject({ status: 0 });
  });

  it('refuses to render without an upstream, and says why', () => {
    const { status, stderr } = helm('template', 'gw', FOLDER);
    expect([status, stderr]).toEqual([1, expect.stringContaining('env.UPSTREAM_URL is required')]);
  });

  it('renders the same as deploy/kubernetes', () => {
    const values = [UPSTREAM, 'ingress.enabled=true', 'envFromSecret=keys'].flatMap((value) => ['--set', value]);
    const manifests = manifestsIn(helm('template', 'gw', FOLDER, ...values).stdout);
    expectTheSame(manifests);
    expect(manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
      ...['ConfigMap gw', 'Deployment gw', 'HorizontalPodAutoscaler gw', 'Ingress gw', 'NetworkPolicy gw'],
      ...['PodDisruptionBudget gw', 'Service gw'],
    ]);
  });
});
