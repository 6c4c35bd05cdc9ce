/** Apollo Sandbox: what a browser gets that opens `/graphql`. */
import { createCompressedForms } from '../compression/compressed-forms.ts';
import { GRAPHQL_VARY, type Exchange } from '../exchange.ts';
import { errorResponse, type ResponseWriter } from '../response-writer.ts';

/** True if the request was answered; otherwise it asks for an operation. */
export type AnswerBrowser = (exchange: Exchange) => Promise<boolean>;

export interface SandboxPageOptions {
  /** Sandbox as HTML, the same each time; null where it is switched off. */
  readonly landingPage: () => Promise<string | null>;
  readonly writer: ResponseWriter;
}

/** Of a browser's navigation, which prefers HTML. */
export function createSandboxPage({ landingPage, writer }: SandboxPageOptions): AnswerBrowser {
  const forms = createCompressedForms();

  return async (exchange) => {
    const page = await landingPage();
    if (page === null && exchange.search !== '') return false;
    writer.write(
      exchange,
      page === null
        ? { ...errorResponse(exchange, 400, 'BAD_REQUEST', IS_OFF), vary: GRAPHQL_VARY }
        : {
            status: 200,
            body: page,
            contentType: 'text/html; charset=utf-8',
            cacheControl: 'no-cache',
            vary: GRAPHQL_VARY,
            forms,
            headers: ['referrer-policy', 'same-origin'],
          },
    );
    return true;
  };
}

const IS_OFF =
  'Apollo Sandbox is switched off; SANDBOX=on switches it on. An operation is sent by POST, or by GET as ?query=….';
