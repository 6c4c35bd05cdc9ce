/** A gateway over a finished run. It counts the operations of a client. */
import { postTo, startGateway } from '../../../test/harness/gateway.ts';
import { startUpstream } from '../../../test/harness/upstream.ts';

export async function startFinishedRun() {
  let operations = 0;
  const upstream = await startUpstream();
  const gateway = await startGateway({ upstream, onOperation: () => (operations += 1) });
  return {
    url: `${gateway.url}/graphql`,
    run: { workflowId: 'wf', id: 'r1' },
    operations: () => operations,
    /** What was sent before is answered. It counts as no operation. */
    async roundTrip() {
      await postTo(gateway.url, { query: '{ __typename }' });
      operations -= 1;
    },
    async close() {
      await gateway.close();
      await upstream.close();
    },
  };
}
