/** What the client needs from a transport: HTTP, or an embedder's functions. */
import type { JsonObject } from '../../domain/types.ts';
import type { TraceHeaders } from '../../observability/trace-headers.ts';
import type { Upstream, UpstreamCall } from '../port.ts';

/** The body of a write. */
export interface Post {
  readonly json: JsonObject;
  /** `Idempotency-Key` of an action on a run or step, or null for a start. */
  readonly callKey: string | null;
}

/** Whether a run or step is changed. */
export const isAction = (post: Post | null): boolean => post !== null && post.callKey !== null;

/** One attempt of a call. */
export interface TransportCall extends UpstreamCall {
  /** Relative to the base URL. */
  readonly path: string;
  /** What is sent, or null for calls that read. */
  readonly post: Post | null;
  /** Calls the function of an embedder's upstream. */
  readonly ask: (upstream: Upstream, call: UpstreamCall) => Promise<object | undefined> | undefined;
  /** Viewer whose connections are used. */
  readonly viewerId: string;
  /** Whether the key isn't accepted yet. */
  readonly isTrial: boolean;
  readonly traceHeaders: TraceHeaders;
  /** Called with the status of each response. */
  readonly answered: (status: number) => void;
}

export interface Transport {
  /** Returns null if calls don't have URLs. */
  urlOf(path: string): URL | null;
  /** Resolves to the bytes of a response, in separate memory. Rejects with a GatewayError or AbandonedError. */
  send(call: TransportCall): Promise<Buffer>;
  close(): void;
}
