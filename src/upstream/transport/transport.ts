/** What the client needs of a transport: HTTP, or the functions of an embedder. */
import type { JsonObject } from '../../domain/types.ts';
import type { TraceHeaders } from '../../observability/trace-headers.ts';
import type { Upstream, UpstreamCall } from '../port.ts';

/** One attempt of a call. */
export interface TransportCall extends UpstreamCall {
  /** Relative to the base URL. */
  readonly path: string;
  /** Inputs of a run to start. Undefined for reading calls. */
  readonly inputs: JsonObject | undefined;
  /** Calls the function of an embedder's upstream. */
  readonly ask: (upstream: Upstream, call: UpstreamCall) => Promise<object> | undefined;
  /** Viewer whose connections are used. */
  readonly viewerId: string;
  /** True if the key is not accepted yet. */
  readonly isTrial: boolean;
  readonly traceHeaders: TraceHeaders;
  /** Called with the status of each answer. */
  readonly answered: (status: number) => void;
}

export interface Transport {
  /** Null if calls have no URL. */
  urlOf(path: string): URL | null;
  /** Resolves with the bytes of an answer, in memory of their own. Rejects with a GatewayError or AbandonedError. */
  send(call: TransportCall): Promise<Buffer>;
  close(): void;
}
