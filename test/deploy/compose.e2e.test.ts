import { dirname } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { type Config, readConfig } from '../../src/config/config.ts';
import { VARIABLES } from '../../src/config/settings-table.ts';
import type { Environment } from '../harness/gateway.ts';
import {
  DOCKER_COMPOSE,
  environmentsOf,
  GATEWAYS,
  mountsOf,
  readProjectFile,
  service,
  type Service,
} from './compose.ts';
import { STOP_WITHIN_MS } from './shutdown.ts';

const MEBIBYTE = 2 ** 20;
const megabytesOf = ({ mem_limit: limit }: Service): number => Number(/^(\d+)m$/.exec(limit)?.[1]);
const neighbours = (one: string, other: string): boolean =>
  service(one).networks.some((network) => service(other).networks.includes(network));

const isThere = DOCKER_COMPOSE !== null;
// In CI a missing program is a failure.
const withCompose = !isThere && process.env.CI === undefined ? describe.skip : describe;
const withoutCompose = isThere ? '' : ' (skipped: it is not on this machine)';

withCompose(`docker compose${withoutCompose}`, () => {
  it('runs the gateway over the sample, without traces', () => {
    const environment = { NODE_ENV: '', OTEL_EXPORTER_OTLP_ENDPOINT: '' };
    expect(environmentsOf('')).toEqual({ gateway: environment });
    const config = readConfig(environment);
    expect(config).toMatchObject({ upstreamUrl: null, fleet: null, trustProxy: false });
    expect(service('gateway').ports).toEqual([`127.0.0.1:4000:${config.port}`]);
  });

  it('configures every gateway with the upstream and collector of .env', () => {
    const own = { UPSTREAM_URL: 'https://host/', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
    const environments = environmentsOf('fleet,watch', own);
    for (const name of ['gateway', ...GATEWAYS]) expect(environments[name]).toMatchObject(own);
  });
});

withCompose.each(GATEWAYS)(`%s of docker-compose.yml${withoutCompose}`, (gateway) => {
  let environment: Environment;
  let config: Config;
  beforeAll(() => {
    const given = environmentsOf('fleet,watch')[gateway];
    const fromImage = /^ENV (\w+)=(\S+)$/m.exec(readProjectFile('Dockerfile')) ?? [];
    environment = { [fromImage[1] ?? '']: fromImage[2] ?? '', ...given };
    config = readConfig(environment);
  });

  it('sets only variables that the gateway reads', () => {
    const read = [...VARIABLES.keys()];
    expect(read).toContain('UPSTREAM_URL');
    // OpenTelemetry's SDK reads its own.
    const names = Object.keys(environment).filter((name) => !name.startsWith('OTEL_'));
    for (const name of names) expect(read).toContain(name);
  });

  it('listens where nginx and Prometheus expect it, and trusts only nginx', () => {
    expect(config).toMatchObject({ host: '0.0.0.0', port: 4000, trustProxy: 1, basePath: '' });
    expect(readProjectFile('deploy/nginx/compose-upstream.conf')).toContain(`server ${gateway}:${config.port} `);
    const scraped: unknown = parse(readProjectFile('deploy/prometheus/prometheus.yml'));
    const names = ['gateway', ...GATEWAYS];
    expect(scraped).toMatchObject({
      scrape_configs: [{ job_name: 'stepgate', dns_sd_configs: [{ names, port: config.port }] }],
    });
    expect([neighbours('nginx', gateway), neighbours('prometheus', gateway)]).toEqual([true, true]);
    expect(service('nginx').depends_on).toMatchObject({ [gateway]: { condition: 'service_healthy' } });
    expect(readProjectFile('Dockerfile')).toContain(`EXPOSE ${config.port}\n`);
  });

  it('gives a gateway enough time to stop', () => {
    const seconds = Number(/^(\d+)s$/.exec(service(gateway).stop_grace_period ?? '')?.[1]);
    expect(seconds * 1000).toBeGreaterThan(STOP_WITHIN_MS);
  });

  it('calls the upstream only once it is healthy', () => {
    const port = service('upstream').environment?.UPSTREAM_PORT ?? '';
    expect(config.upstreamUrl).toBe(`http://upstream:${port}/`);
    expect(service('upstream').healthcheck?.test.join(' ')).toContain(`http://127.0.0.1:${port}/`);
    expect(neighbours(gateway, 'upstream')).toBe(true);
    expect(service(gateway).depends_on).toMatchObject({ upstream: { condition: 'service_healthy' } });
  });

  it('shares Valkey and the secret between both gateways', () => {
    expect(config.fleet?.redisUrl).toBe('redis://valkey:6379');
    expect(neighbours(gateway, 'valkey')).toBe(true);
    expect(service(gateway).environment).toEqual(service(GATEWAYS[0]).environment);
  });

  it('gives a gateway the memory that docs/configuration.md requires', () => {
    expect(megabytesOf(service(gateway)) * MEBIBYTE).toBeGreaterThan(1.5 * config.cacheMaxBytes + 800e6);
  });
});

describe('Grafana in docker-compose.yml', () => {
  const grafana = service('grafana');
  const mounts = mountsOf(grafana);
  const mountedIn = (folder: string) => mounts.filter(({ target }) => dirname(target) === folder);
  const readMounted = (folder: string) => {
    const [file, ...others] = mountedIn(folder);
    expect({ file, others }).toMatchObject({ file: { isReadOnly: true }, others: [] });
    return parse(readProjectFile(file?.source ?? '')) as unknown;
  };

  it('uses Prometheus of the same network as default data source', () => {
    const { datasources } = readMounted('/etc/grafana/provisioning/datasources') as {
      readonly datasources: readonly Readonly<Record<string, unknown>>[];
    };
    expect(datasources).toMatchObject([{ type: 'prometheus', isDefault: true, access: 'proxy' }]);
    const { hostname, port } = new URL(String(datasources[0]?.url));
    expect(neighbours('grafana', hostname)).toBe(true);
    expect(service(hostname).ports?.map((mapping) => mapping.split(':').at(-1))).toContain(port);
    const scraped: unknown = parse(readProjectFile('deploy/prometheus/prometheus.yml'));
    expect(scraped).toMatchObject({ global: { scrape_interval: '15s' } });
    expect(datasources[0]).toMatchObject({ jsonData: { timeInterval: '15s' } });
  });

  it('finds the dashboard where its provider looks, and shows it first', () => {
    const { providers } = readMounted('/etc/grafana/provisioning/dashboards') as {
      readonly providers: readonly { readonly type: string; readonly options: { readonly path: string } }[];
    };
    expect(providers).toMatchObject([{ type: 'file' }]);
    const [dashboard] = mountedIn(providers[0]?.options.path ?? '');
    expect(dashboard?.source).toBe('deploy/grafana/stepgate-dashboard.json');
    expect(grafana.environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH).toBe(dashboard?.target);
  });

  it('uses a provisioned data source in every panel', () => {
    interface Dashboard {
      readonly templating: {
        readonly list: readonly { readonly name: string; readonly type: string; readonly query: string }[];
      };
      readonly panels: readonly { readonly datasource: { readonly type: string; readonly uid: string } }[];
    }
    const { templating, panels } = JSON.parse(readProjectFile('deploy/grafana/stepgate-dashboard.json')) as Dashboard;
    const variable = templating.list.find(({ type }) => type === 'datasource');
    expect(variable).toMatchObject({ query: 'prometheus' });
    for (const { datasource } of panels) {
      expect(datasource).toEqual({ type: 'prometheus', uid: `\${${variable?.name ?? ''}}` });
    }
  });
});
