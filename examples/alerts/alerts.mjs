/** Posts what is wrong with workflows to Alertmanager. README.md has the alerts and the variables. */
import { setTimeout as pause } from 'node:timers/promises';

const { STEPGATE_URL, STEPGATE_KEY, ALERTMANAGER_URL, LINK_URL = STEPGATE_URL, POLL_SECONDS = '60' } = process.env;
const pollMs = 1000 * Number(POLL_SECONDS);
const UNITS = { DURATION: 'ms', COST: 'USD', TOKENS: 'tokens' };

const query = `query Alerts($dayAgo: DateTime!) {
  failureGroups(startedAfter: $dayAgo, last: 1000) {
    nodes { workflow { id } nodeId code message state count firstSeenAt returnedAt runs(first: 1) { id } }
  }
  overdueRuns(first: 100) { id workflowId startedAt expectation { p95Ms } }
  workflows(first: 100) { nodes { id shifts(last: 199) { nodes { metric since before after run { id } } } } }
}`;

async function post(url, body, headers) {
  const options = { method: 'POST', body: JSON.stringify(body), signal: AbortSignal.timeout(pollMs) };
  return fetch(url, { ...options, headers: { 'content-type': 'application/json', ...headers } });
}

/** Alertmanager drops labels that are null. */
function alertOf({ summary, run, startsAt, ...labels }) {
  const workflow = `${LINK_URL}/workflows/${encodeURIComponent(labels.workflow)}`;
  const link = run ? `${workflow}/runs/${encodeURIComponent(run.id)}` : workflow;
  return { labels, annotations: { summary, run: link }, startsAt };
}

function* alertsIn({ failureGroups, overdueRuns, workflows }, dayAgo) {
  for (const { workflow, nodeId: node, code, message: error, state, ...group } of failureGroups?.nodes ?? []) {
    if (state !== 'NEW' && state !== 'RETURNED') continue;
    const summary = `${group.count} runs failed within a day: ${error ?? 'no message'}`;
    const rest = { summary, run: group.runs?.[0], startsAt: group.returnedAt ?? group.firstSeenAt };
    yield alertOf({ alertname: 'WorkflowFails', workflow: workflow.id, node, code, error, state, ...rest });
  }
  for (const run of overdueRuns?.filter(Boolean) ?? []) {
    const summary = `Started ${run.startedAt}; 95 % of the runs before took at most ${run.expectation?.p95Ms} ms`;
    yield alertOf({ alertname: 'RunIsOverdue', workflow: run.workflowId, runId: run.id, summary, run });
  }
  for (const { id: workflow, shifts } of workflows?.nodes ?? []) {
    for (const { metric, since, before, after, run } of shifts?.nodes ?? []) {
      if (after < before || new Date(since) < dayAgo) continue;
      const [from, to] = [before, after].map((value) => Number(value.toPrecision(3)));
      const summary = `The median of a run rose from ${from} to ${to} ${UNITS[metric]}`;
      yield alertOf({ alertname: 'WorkflowShifted', workflow, metric, summary, run, startsAt: since });
    }
  }
}

for (let alerts = new Map(); ; await pause(pollMs)) {
  const dayAgo = new Date(Date.now() - 86_400_000);
  const headers = { authorization: `Bearer ${STEPGATE_KEY}` };
  const { data, errors = [] } = await post(`${STEPGATE_URL}/graphql`, { query, variables: { dayAgo } }, headers)
    .then((response) => response.json())
    .catch(({ message, cause }) => ({ errors: [{ message: `Stepgate does not answer: ${cause?.code ?? message}` }] }));
  // While something of a workflow may be missing, its alerts of earlier polls go on.
  const isMissing = !data || Object.values(data).includes(null);
  const mayLack = ({ workflow }) =>
    isMissing || errors.some(({ extensions: e }) => e?.retryable && (e.workflowId ?? workflow) === workflow);
  const found = [...alertsIn(data ?? {}, dayAgo)].map((alert) => [JSON.stringify(alert.labels), alert]);
  alerts = new Map([...[...alerts].filter(([, { labels }]) => mayLack(labels)), ...found]);
  const failed = errors.map(({ message: summary, extensions }) => ({
    labels: { alertname: 'StepgateFails', code: extensions?.code },
    annotations: { summary },
  }));
  const [now, endsAt] = [new Date(), new Date(Date.now() + 3 * pollMs)];
  const body = [...alerts.values(), ...failed].map((alert) => ({ ...alert, startsAt: alert.startsAt ?? now, endsAt }));
  const posted = await post(`${ALERTMANAGER_URL}/api/v2/alerts`, body).catch((error) => error);
  if (!posted.ok) console.error('Alertmanager must accept the alerts, got', posted.status ?? posted);
}
