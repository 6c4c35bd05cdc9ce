/** Mutation of a form that takes effect once: on repeated clicks, and on a retry after a lost response. */
import { useEffect, useRef, useState } from 'react';
import type { OperationVariables, TypedDocumentNode } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { useApolloClient } from '@apollo/client/react';
import { KeyedRequest, type Keyed } from './keyed-request.ts';

/** `onDone` gets a response without errors, unless the reader has left the form. */
export function useOneRequest<Data, Variables extends OperationVariables & Keyed>(
  mutation: TypedDocumentNode<Data, Variables>,
  onDone: (data: Data) => void,
) {
  const client = useApolloClient();
  const [request] = useState(() => new KeyedRequest(client, mutation));
  const [isSending, setIsSending] = useState(false);
  const [error, setError] = useState<Error>();
  const isUnderWay = useRef(false);
  const isShown = useRef(true);
  useEffect(() => {
    isShown.current = true;
    return () => {
      isShown.current = false;
    };
  }, []);

  return {
    isSending,
    error,
    /** Whether the last request got no response from the gateway. */
    isUnanswered: error !== undefined && !CombinedGraphQLErrors.is(error),
    send: (variables: Omit<Variables, keyof Keyed>): void => {
      if (isUnderWay.current) return;
      isUnderWay.current = true;
      setIsSending(true);
      setError(undefined);
      request
        .send(variables)
        .then((data) => {
          if (data !== undefined && isShown.current) onDone(data);
        })
        .catch((refused: unknown) => setError(refused instanceof Error ? refused : new Error(String(refused))))
        .finally(() => {
          isUnderWay.current = false;
          setIsSending(false);
        });
    },
  };
}
