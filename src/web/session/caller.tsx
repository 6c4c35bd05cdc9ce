/** Without a key, one query decides: where the host or a proxy signs the caller in, the page asks for no key. */
import { useEffect, useState, type ReactNode } from 'react';
import { useApolloClient } from '@apollo/client/react';
import { graphql } from '../__generated__/gql.ts';
import { Loading } from '../shell/notices.tsx';

const CALLER = graphql(`
  query Caller {
    workflows(first: 1) {
      totalCount
    }
  }
`);

/** The client shows the sign-in form if the query is rejected. Any other response is for a signed-in caller. */
export function Caller({ isKnown, children }: { readonly isKnown: boolean; readonly children: ReactNode }) {
  const client = useApolloClient();
  const [hasAnswer, setHasAnswer] = useState(isKnown);
  useEffect(() => {
    if (!hasAnswer) void client.query({ query: CALLER, fetchPolicy: 'no-cache' }).finally(() => setHasAnswer(true));
  }, [client, hasAnswer]);
  return hasAnswer ? children : <Loading what="the page" />;
}
