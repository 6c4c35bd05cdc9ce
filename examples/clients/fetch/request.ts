interface Answer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

/** `operation` is `{ query }`, or `{ documentId }` of a persisted one. */
export async function request<Data>(
  url: string,
  key: () => string,
  operation: { readonly query: string } | { readonly documentId: string },
  variables: Readonly<Record<string, unknown>> = {},
): Promise<Answer<Data>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/graphql-response+json, application/json',
      authorization: `Bearer ${key()}`,
    },
    body: JSON.stringify({ ...operation, variables }),
  });
  return await response.json();
}
