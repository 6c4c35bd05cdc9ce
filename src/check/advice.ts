/** Advice on a failed upstream call: which setting to change. */
import { UPSTREAM_ENDPOINTS, type Config, type UpstreamEndpoint } from '../config/config.ts';
import { OtherFormError, type GatewayError } from '../upstream/errors.ts';

/** Returns null if the error message says enough. */
export function adviceOn(error: GatewayError, endpoint: UpstreamEndpoint, config: Config): string | null {
  const withoutCall = adviceWithout(endpoint, config.upstreamEndpoints);
  const { code, details, message } = error;
  const { upstreamStatus: status } = details;
  switch (code) {
    case 'UNAUTHENTICATED':
    case 'FORBIDDEN':
      return `check the key (${config.auth.mode === 'service' ? 'UPSTREAM_API_KEY' : 'STEPGATE_CHECK_KEY'}), and the header that carries it (UPSTREAM_AUTH_HEADER)`;
    case 'NOT_FOUND':
      return `check the path in UPSTREAM_URL, and --workflow and --run. ${withoutCall}`;
    case 'BAD_USER_INPUT':
      return endpoint === 'resume' ? 'check --answer' : 'check --workflow, --run and --inputs';
    case 'UPSTREAM_TIMEOUT':
      return 'set UPSTREAM_TIMEOUT_MS higher, or check HTTP_PROXY, HTTPS_PROXY and NO_PROXY';
    case 'UPSTREAM_UNAVAILABLE':
      if (details.retryable === false) return null;
      return status === undefined
        ? 'check UPSTREAM_URL, HTTP_PROXY, HTTPS_PROXY and NO_PROXY'
        : `the upstream itself fails. ${withoutCall}`;
    case 'UPSTREAM_CONTRACT_VIOLATION':
      if (error instanceof OtherFormError) return `${OTHER_FORM}. ${withoutCall}`;
      return message.includes('UPSTREAM_') ? null : `check the path in UPSTREAM_URL. ${withoutCall}`;
    default:
      return null;
  }
}

const OTHER_FORM =
  'the call exists, but its JSON is malformed: see docs/upstream.md, and correct the upstream or put an adapter in front';

/** Only `steps` is required. */
function adviceWithout(endpoint: UpstreamEndpoint, endpoints: ReadonlySet<UpstreamEndpoint>): string {
  if (endpoint === 'steps') return 'The gateway needs this call';
  const others = UPSTREAM_ENDPOINTS.filter((each) => each !== endpoint && endpoints.has(each));
  return `If the upstream doesn't offer this call, set UPSTREAM_ENDPOINTS=${others.join(',')}`;
}
