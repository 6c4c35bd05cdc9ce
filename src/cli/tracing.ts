/**
 * Starts OpenTelemetry's SDK, which reads OTEL_* and exports the spans. The SDK is large, so it is loaded only with
 * tracing on.
 */
import { unescape } from 'node:querystring';
import { setTimeout } from 'node:timers/promises';
import { diag, DiagLogLevel } from '@opentelemetry/api';
import { readVersion } from '../config/package-file.ts';
import type { Logger } from '../observability/logger.ts';
import type { Environment } from './command-line.ts';

/** Without these, the SDK would also send metrics and logs, and describe the host and the process. */
const DEFAULTS = {
  OTEL_METRICS_EXPORTER: 'none',
  OTEL_LOGS_EXPORTER: 'none',
  // The last detector takes precedence.
  OTEL_NODE_RESOURCE_DETECTORS: 'serviceinstance,env',
};
/** Limits how long an unreachable collector can delay the shutdown. */
const CLOSE_WITHIN_MS = 2000;
const REPORT_INTERVAL_MS = 60_000;

/**
 * Logs an invalid variable; the SDK then uses its default. Returns a function that exports the last spans within two
 * seconds.
 */
export async function startTracing(variables: Environment, logger: Logger): Promise<() => Promise<void>> {
  const given = Object.fromEntries(
    Object.entries(variables)
      .map(([name, value = '']) => [name, value.trim()] as const)
      .filter(([name, value]) => name.startsWith('OTEL_') && value !== ''),
  );
  if (!isOn(given)) return () => Promise.resolve();
  Object.assign(process.env, DEFAULTS, given);
  // It would replace this logger with the console, which shows the collector's headers.
  delete process.env.OTEL_LOG_LEVEL;
  const problems = createProblemLog(logger, secretsOf(given));
  const ignore = () => undefined;
  diag.setLogger(
    {
      error: problems.add,
      warn: problems.add,
      info: ignore,
      // The SDK reports an invalid OTEL_RESOURCE_ATTRIBUTES only here.
      debug(message) {
        if (message.includes('Detector failed')) problems.add(message);
      },
      verbose: ignore,
    },
    DiagLogLevel.DEBUG,
  );
  try {
    const { NodeSDK } = await import('@opentelemetry/sdk-node');
    const { defaultResource, resourceFromAttributes } = await import('@opentelemetry/resources');
    const own = resourceFromAttributes({ 'service.name': 'stepgate', 'service.version': readVersion() });
    const sdk = new NodeSDK({ resource: defaultResource().merge(own) });
    sdk.start();
    problems.limit();
    const late = 'the collector did not accept the last spans in time';
    return async () => {
      const closed = sdk.shutdown().catch(String);
      const problem = await Promise.race([closed, setTimeout(CLOSE_WITHIN_MS, late, { ref: false })]);
      if (problem !== undefined) problems.add(problem);
    };
  } catch (error) {
    problems.add(String(error));
    return () => Promise.resolve();
  }
}

function isOn(given: Readonly<Record<string, string | undefined>>): boolean {
  if (given.OTEL_SDK_DISABLED?.toLowerCase() === 'true' || given.OTEL_TRACES_EXPORTER === 'none') return false;
  const names = ['OTEL_TRACES_EXPORTER', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
  return names.some((name) => given[name] !== undefined);
}

/** Strings that the SDK's messages may repeat: headers of the collector, and URLs with credentials. */
const secretsOf = (given: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(given)
    .filter(([name, value]) => name.endsWith('_HEADERS') || value.includes('@'))
    .flatMap(([, value]) => value.split(','))
    .map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
    .flatMap((text) => [text, unescape(text)])
    .filter((text) => text !== '');

function createProblemLog(logger: Logger, secrets: readonly string[]) {
  let nextAt: number | null = null;
  return {
    add: (...parts: readonly unknown[]) => {
      if (nextAt !== null && performance.now() < nextAt) return;
      if (nextAt !== null) nextAt = performance.now() + REPORT_INTERVAL_MS;
      const message = parts.filter((part) => typeof part === 'string').join(' ');
      // An exception is JSON with the collector's response, which may repeat the request's headers.
      const [, text = message] = /"message":"((?:[^"\\]|\\.)*)"/.exec(message) ?? [];
      const reason = secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, '…'), text);
      logger.warn({ reason }, 'tracing problem');
    },
    /** From now on, at most one line per minute, since each batch of spans may fail. */
    limit: () => {
      nextAt = -Infinity;
    },
  };
}
