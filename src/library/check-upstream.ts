/** `checkUpstream`: runs `stepgate check` for an embedder's upstream. */
import type { Settings } from '../config/options.ts';
import type { JsonObject, JsonValue } from '../domain/types.ts';
import { withUpstream } from '../gateway.ts';
import { checkedOptions } from './options.ts';
import { createLogger } from '../observability/logger.ts';
import type { Upstream } from '../upstream/port.ts';
import { createPortTransport } from '../upstream/transport/port-transport.ts';
import { isGood, reportOf } from '../check/report.ts';
import { tryAll } from '../check/run-check.ts';

export interface UpstreamCheckOptions {
  /** Key passed to the calls. */
  readonly credential: string;
  /** Workflow to read. Default: the first one with runs. */
  readonly workflowId?: string | undefined;
  /** Run to read, preferably a finished one. Default: the first finished run of the workflow. */
  readonly runId?: string | undefined;
  /** Inputs of a run to start. If omitted, no run is started. */
  readonly inputs?: JsonObject | undefined;
  /** Answer to the first waiting step of that run. If omitted, no step is answered. */
  readonly answer?: JsonValue | undefined;
  /** Settings of the gateway, such as `statusWords`. */
  readonly settings?: Settings | undefined;
}

export interface UpstreamCheck {
  /** Whether all attempted calls work without losing values. */
  readonly isGood: boolean;
  /** What works, what deviates from the contract, and what to change, line by line. */
  readonly report: string;
}

/**
 * Tries each call of an upstream, and compares the responses with the contract. Rejects with ConfigError for invalid
 * settings.
 */
export async function checkUpstream(upstream: Upstream, options: UpstreamCheckOptions): Promise<UpstreamCheck> {
  const { credential: key, workflowId = null, runId = null, inputs = null, answer, settings = {} } = options;
  const { config: given } = checkedOptions({ ...settings, upstream });
  const config = withUpstream(given, upstream);
  const transport = createPortTransport(upstream, config, createLogger({ ...config, logLevel: 'silent' }));
  const results = await tryAll(config, transport, { key, workflowId, runId, inputs, answer });
  return { isGood: isGood(results), report: reportOf(`the option upstream, ${upstream.name}`, results) };
}
