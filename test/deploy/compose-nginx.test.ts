import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mountsOf, service } from '../support/compose.ts';
import { subscribe } from '../support/live-client.ts';
import { startLiveRun, type LiveRun } from '../support/live-run.ts';
import { NGINX, startNginx, type Nginx } from '../support/nginx.ts';

const WATCH = `subscription { runUpdated(workflowId: "wf", id: "r1") { stepCounts { total } } }`;

// In CI a missing nginx is a failure, and no reason to skip.
const withNginx = NGINX === null && process.env.CI === undefined ? describe.skip : describe;

withNginx(`nginx of docker-compose.yml${NGINX === null ? ' (skipped: there is no nginx on this machine)' : ''}`, () => {
  const mounts = mountsOf(service('nginx'));
  let run: LiveRun;
  let nginx: Nginx;

  beforeEach(async () => {
    run = await startLiveRun({ TRUST_PROXY: service('gateway').environment?.TRUST_PROXY ?? '' });
    const [site = '', upstream = ''] = mounts.map(({ source }) => source);
    nginx = await startNginx(run.gateway.url, { site, upstream, gateway: 'gateway:4000' });
  });
  afterEach(async () => {
    await nginx.close();
    await run.close();
  });

  it("has both files where nginx reads them, one in place of the image's own site", () => {
    expect(mounts.map(({ target }) => target)).toEqual([
      '/etc/nginx/conf.d/default.conf',
      '/etc/nginx/conf.d/stepgate-upstream.conf',
    ]);
  });

  it('lets requests and what is watched through, and is well when the gateway is', async () => {
    const client = await subscribe('graphql-ws', nginx.url, WATCH);
    expect(await client.nextData()).toEqual({ runUpdated: { stepCounts: { total: 1 } } });
    client.leave();
    const [, , , , , wellAt = ''] = service('nginx').healthcheck?.test ?? [];
    expect(wellAt).toMatch('http://127.0.0.1:8080/');
    const answer = await fetch(wellAt.replace('http://127.0.0.1:8080', nginx.url));
    expect(await answer.json()).toEqual({ status: 'ready' });
  });
});
