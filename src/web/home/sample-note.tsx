/** Introduces a first visitor to the sample. Renders nothing with any other upstream. */
import { keyStore } from '../session/key-store.ts';
import { GRAPHQL_URL } from '../url/base-path.ts';

export function SampleNote() {
  if (keyStore.sampleKey() === '') return null;
  return (
    <p className="panel sample-note">
      <strong>This is a sample</strong> of Stepgate, a GraphQL gateway in front of a workflow API. Set{' '}
      <code>UPSTREAM_URL</code> to see your own runs. <a href={GRAPHQL_URL}>API</a>, key{' '}
      <code>{keyStore.sampleKey()}</code> ·{' '}
      <a href="https://github.com/stepgate/stepgate#readme" target="_blank" rel="noreferrer">
        Documentation
      </a>
    </p>
  );
}
