/** Workflows that became slower, faster, dearer or cheaper. Renders nothing if there are none. */
import { Link } from 'react-router';
import { graphql } from '../__generated__/gql.ts';
import { ShiftLine } from '../failures/shifts.tsx';
import { REFRESHED, useGatewayQuery } from '../hooks/gateway-query.ts';
import { workflowLink } from '../url/links.ts';

/** The records of 199 runs come with the failures. */
const SHIFTS = graphql(`
  query Shifts {
    workflows(first: 20) {
      nodes {
        id
        name
        shifts(last: 199) {
          nodes {
            metric
            since
            ...Shift
          }
        }
      }
    }
  }
`);

export function HomeShifts({ workflowId }: { readonly workflowId: string | null }) {
  const { value: workflows } = useGatewayQuery(SHIFTS, {
    variables: {},
    read: (data) => data.workflows?.nodes,
    ...REFRESHED,
  });
  const shown = workflows?.filter(({ id }) => workflowId === null || id === workflowId) ?? [];
  const shifts = shown
    .flatMap(({ id, name, shifts }) => (shifts?.nodes ?? []).map((shift) => ({ id, name, shift })))
    .sort((a, b) => Date.parse(b.shift.since) - Date.parse(a.shift.since));
  if (shifts.length === 0) return null;
  return (
    <section aria-labelledby="shifts" className="stack">
      <h2 id="shifts">Slower or dearer</h2>
      <ol className="panel shift-list">
        {shifts.map(({ id, name, shift }) => (
          <li key={`${id} ${shift.metric} ${shift.since}`} className="toolbar">
            <Link to={workflowLink(id, { tab: 'trends' })}>
              <bdi>{name ?? id}</bdi>
            </Link>
            <ShiftLine shift={shift} />
          </li>
        ))}
      </ol>
    </section>
  );
}
