import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseAllDocuments } from 'yaml';
import { readConfig } from '../../src/config/config.ts';
import { VARIABLES } from '../../src/config/settings-table.ts';
import { readProjectFile } from './compose.ts';
import { STOP_WITHIN_MS } from './shutdown.ts';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec?: unknown;
}

const readYaml = (file: string): unknown[] =>
  parseAllDocuments(readProjectFile(`deploy/kubernetes/${file}`)).map((document) => document.toJS() as unknown);

const FILES = readdirSync(new URL('../../deploy/kubernetes/', import.meta.url)).filter(
  (file) => file !== 'kustomization.yaml',
);
const MANIFESTS = FILES.flatMap((file) => readYaml(file) as Manifest[]);

interface EnvironmentEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}
interface Container {
  readonly image: string;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly env: readonly EnvironmentEntry[];
  readonly lifecycle?: { readonly preStop: { readonly sleep: { readonly seconds: number } } };
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly [probe: `${string}Probe`]: { readonly httpGet?: { readonly path: string; readonly port: string } };
}
interface DeploymentSpec {
  readonly selector: { readonly matchLabels: object };
  readonly template: {
    readonly metadata: { readonly labels: object };
    readonly spec: { readonly terminationGracePeriodSeconds: number; readonly containers: readonly [Container] };
  };
}

const specOf = (kind: string, name: string) => {
  const found = MANIFESTS.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (!found) throw new Error(`expected a ${kind} ${name} in deploy/kubernetes`);
  return found.spec;
};
const deployment = (name: string) => specOf('Deployment', name) as DeploymentSpec;
const DEPLOYMENTS = ['stepgate', 'stepgate-valkey'];

const [KUSTOMIZATION] = readYaml('kustomization.yaml') as [
  {
    readonly resources: readonly string[];
    readonly configMapGenerator: readonly [{ readonly name: string; readonly literals: readonly string[] }];
  },
];

describe('the manifests of deploy/kubernetes', () => {
  it('are all applied by the kustomization', () => {
    expect([...KUSTOMIZATION.resources].sort()).toEqual([...FILES].sort());
  });

  it.each(DEPLOYMENTS)('have matching labels, Service and NetworkPolicy for %s', (name) => {
    const { selector, template } = deployment(name);
    const labels = { 'app.kubernetes.io/name': name };
    const [container] = template.spec.containers;
    expect([selector.matchLabels, template.metadata.labels]).toEqual([labels, labels]);
    expect(specOf('Service', name)).toMatchObject({
      selector: labels,
      ports: container.ports.map(({ name: targetPort }) => ({ targetPort })),
    });
    expect(specOf('NetworkPolicy', name)).toMatchObject({ podSelector: { matchLabels: labels } });
  });

  it('contain no secret', () => {
    const entries = DEPLOYMENTS.flatMap((name) => deployment(name).template.spec.containers[0].env);
    const fromSecret = entries.filter(({ name }) => /SECRET|PASSWORD/.test(name));
    expect(fromSecret).toHaveLength(3);
    for (const { value, valueFrom } of fromSecret) {
      expect(value).toBeUndefined();
      expect(valueFrom).toMatchObject({ secretKeyRef: { name: 'stepgate' } });
    }
    // The command that creates the secret names each of its keys.
    const page = readProjectFile('docs/deploying.md');
    for (const { valueFrom } of fromSecret)
      expect(page).toContain(`--from-literal=${valueFrom?.secretKeyRef.key ?? ''}=`);
  });
});

describe('the gateways of deploy/kubernetes', () => {
  const { template } = deployment('stepgate');
  const [container] = template.spec.containers;
  const [{ name: configMap, literals }] = KUSTOMIZATION.configMapGenerator;
  const given = Object.fromEntries([
    ...literals.map((literal) => literal.split(/=(.*)/s).slice(0, 2)),
    ...container.env.map(({ name, value }) => [name, value ?? 'a'.repeat(64)]),
  ]) as Record<string, string>;
  // The values that the kubelet fills in.
  const { VALKEY_PASSWORD: password = '', ...environment } = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [
      name,
      value.replace('$(VALKEY_PASSWORD)', given.VALKEY_PASSWORD ?? ''),
    ]),
  );
  const config = readConfig({ HOST: '0.0.0.0', ...environment });

  it('set only variables that gateways read, including all that production requires', () => {
    for (const name of Object.keys(environment)) expect([...VARIABLES.keys()]).toContain(name);
    expect(container).toMatchObject({ envFrom: [{ configMapRef: { name: configMap } }] });
    expect(config).toMatchObject({ isProduction: true, trustProxy: 1, port: container.ports[0]?.containerPort });
  });

  it('share the Valkey of the same manifests', () => {
    const { hostname, port, password: sent } = new URL(environment.REDIS_URL ?? '');
    expect(config.fleet?.redisUrl).toBe(environment.REDIS_URL);
    expect(sent).toBe(password);
    expect(specOf('Service', hostname)).toMatchObject({ ports: [{ port: Number(port) }] });
    expect(deployment(hostname).template.spec.containers[0]).toMatchObject({
      ports: [{ containerPort: Number(port) }],
    });
    expect(container.env.map(({ name }) => name).indexOf('VALKEY_PASSWORD')).toBeLessThan(
      container.env.map(({ name }) => name).indexOf('REDIS_URL'),
    );
  });

  it('are probed at the port and paths of the health endpoints', () => {
    const port = container.ports.find(({ containerPort }) => containerPort === config.opsPort);
    const paths = { startupProbe: '/readyz', readinessProbe: '/readyz', livenessProbe: '/healthz' } as const;
    for (const [probe, path] of Object.entries(paths)) {
      expect(container[probe as keyof typeof paths]).toMatchObject({ httpGet: { path, port: port?.name } });
    }
  });

  it('have enough time to stop', () => {
    const pauseMs = (container.lifecycle?.preStop.sleep.seconds ?? 0) * 1000;
    expect(template.spec.terminationGracePeriodSeconds * 1000).toBeGreaterThan(pauseMs + STOP_WITHIN_MS);
  });

  it('have the memory that docs/configuration.md requires', () => {
    const mebibytes = Number(/^(\d+)Mi$/.exec(container.resources.limits.memory)?.[1]);
    expect(mebibytes * 2 ** 20).toBeGreaterThan(1.5 * config.cacheMaxBytes + 800e6);
  });

  it('have the version of package.json', () => {
    const { version } = JSON.parse(readProjectFile('package.json')) as { readonly version: string };
    expect(KUSTOMIZATION).toMatchObject({ images: [{ name: container.image, newTag: version }] });
  });
});
