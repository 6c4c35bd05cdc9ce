/** The upstream over HTTP: paths below a base URL, with the key in a header. */
import type { UpstreamAuthHeader } from '../../config/config.ts';
import { createJsonHttp, type JsonHttpOptions } from './json-http.ts';
import type { Transport } from './transport.ts';

export interface HttpTransportOptions extends JsonHttpOptions {
  /** Ends with `/`. May contain a path. */
  readonly baseUrl: string;
  readonly authHeader: UpstreamAuthHeader;
}

export function createHttpTransport(options: HttpTransportOptions): Transport {
  const { name: keyHeader, template } = options.authHeader;
  const http = createJsonHttp(options);
  /** Parts of the header value around the key. */
  const aroundKey = template.split('{key}');
  const urlOf = (path: string) => new URL(path, options.baseUrl);

  return {
    urlOf,
    send({ path, inputs, credential, requestId, traceHeaders, viewerId, signal, answered, isTrial }) {
      const method = inputs ? 'POST' : 'GET';
      const headers = { [keyHeader]: aroundKey.join(credential), 'x-request-id': requestId, ...traceHeaders };
      const request = { method, viewerId, url: urlOf(path), headers, json: inputs, signal, answered } as const;
      // The server may close an idle connection just as a request is sent. A POST must not be sent twice, so it opens
      // its own connection, as does a trial call.
      return http.request(request, method === 'GET' && !isTrial);
    },
    close: () => {
      http.close();
    },
  };
}
