/** Link whose code is loaded with its first operation: a run that is over needs no events. */
import { ApolloLink } from '@apollo/client';
import { defer, from, mergeMap } from 'rxjs';

export function lazyLink(load: () => Promise<ApolloLink>): ApolloLink {
  let loading: Promise<ApolloLink> | null = null;
  return new ApolloLink((operation, forward) =>
    defer(() => from((loading ??= load()))).pipe(mergeMap((link) => link.request(operation, forward))),
  );
}
