/** All workflows of this key, each with its latest runs: what is going wrong stands out. */
import { useDeferredValue, useEffect, useId, useState } from 'react';
import { useQuery } from '@apollo/client/react';
import { Search } from 'lucide-react';
import { graphql } from '../__generated__/gql.ts';
import { Breadcrumb } from '../shell/breadcrumb.tsx';
import { Empty, Failure, Loading } from '../shell/notices.tsx';
import { useUrlQuery } from '../url/query.ts';
import { WorkflowCard } from './workflow-card.tsx';
import './workflows-page.css';

const WORKFLOWS = graphql(`
  query Workflows($first: Int!, $after: String, $search: String) {
    workflows(first: $first, after: $after, search: $search) {
      totalCount
      nodes {
        id
        ...WorkflowCard
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
`);

const PAGE_SIZE = 20;

export function WorkflowsPage() {
  const url = useUrlQuery();
  const search = url.read('q');
  const after = url.read('after');
  const { data, error, loading, refetch } = useQuery(WORKFLOWS, {
    variables: { first: PAGE_SIZE, after, search },
  });
  const page = data?.workflows;

  return (
    <>
      <Breadcrumb crumbs={[]} here="Workflows" />
      <div className="toolbar workflows-bar">
        <h1>Workflows</h1>
        {page && <span className="muted">{page.totalCount}</span>}
        <SearchField
          value={search ?? ''}
          onChange={(q) => {
            url.change({ q, after: null }, { replace: true });
          }}
        />
      </div>
      {error && (
        <Failure error={error} what="list of workflows" isPartial={page != null} onRetry={() => void refetch()} />
      )}
      {loading && !page && <Loading what="workflows" />}
      {page?.nodes.length === 0 && (
        <Empty title={search === null ? 'This key sees no workflows' : `No workflow is called “${search}”`}>
          {search !== null && <p>Names, ids and descriptions were looked through.</p>}
        </Empty>
      )}
      <ul className="workflow-list">
        {page?.nodes.map((workflow) => (
          <li key={workflow.id}>
            <WorkflowCard workflow={workflow} />
          </li>
        ))}
      </ul>
      {page?.pageInfo.hasNextPage && (
        <button
          type="button"
          onClick={() => {
            url.change({ after: page.pageInfo.endCursor ?? null });
          }}
        >
          More workflows
        </button>
      )}
    </>
  );
}

interface SearchFieldProps {
  readonly value: string;
  readonly onChange: (text: string) => void;
}

/** Keeps what is typed to itself and tells the address when there is time for it. */
function SearchField({ value, onChange }: SearchFieldProps) {
  const [text, setText] = useState(value);
  const settled = useDeferredValue(text);
  const id = useId();
  useEffect(() => {
    if (settled !== value) onChange(settled);
    // The address follows the field, not the other way round.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [settled]);
  return (
    <div className="search-field">
      <label htmlFor={id} className="visually-hidden">
        Search workflows
      </label>
      <Search aria-hidden="true" />
      <input
        id={id}
        type="search"
        placeholder="Search by name, id or description"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
        }}
      />
    </div>
  );
}
