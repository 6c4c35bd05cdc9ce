/** Announcements about one viewer and one workflow, or all of its workflows. Only gateways with the same secret can read the workflow. */
import { randomBytes } from 'node:crypto';
import type { Fleet } from './fleet.ts';

export interface ViewerNews {
  /** Null: all workflows. Never rejects. */
  announce(identity: string, workflowId: string | null): Promise<unknown>;
  /** Calls back for the announcements of other gateways. */
  listen(hear: (viewerId: string, workflowId: string | null) => void): void;
}

/** In place of a workflow. */
const ALL = '*';
/** The sender, the sealed workflow, and the viewer's ids. */
const PAYLOAD = /^([\w-]{8}) (\*|[\w-]{1,1400}) ([\w-]{43}(?: [\w-]{43}){0,9})$/;
const MAX_WORKFLOW_ID_BYTES = 512;
/** Announced workflows belong to no viewer. */
const NOBODY = '';

/** `purpose`: the channel, one for each kind of news. */
export function createViewerNews(
  { announcements, keys, source }: Pick<Fleet, 'announcements' | 'keys' | 'source'>,
  purpose: string,
): ViewerNews {
  const sender = randomBytes(6).toString('base64url');
  const names = keys.names('workflow', source);

  const seal = async (workflowId: string): Promise<string> =>
    (await names[0].seal(NOBODY, Buffer.from(workflowId))).toString('base64url');

  /** Undefined for another secret or a forged announcement. */
  async function open(sealed: string): Promise<string | undefined> {
    for (const name of names) {
      const opened = await name.open(NOBODY, Buffer.from(sealed, 'base64url'), MAX_WORKFLOW_ID_BYTES);
      if (opened) return opened.toString();
    }
    return undefined;
  }

  return {
    async announce(identity, workflowId) {
      const workflow = workflowId === null ? ALL : await seal(workflowId);
      return announcements.announce(purpose, [sender, workflow, ...keys.viewerIds(identity)].join(' '));
    },
    listen(hear) {
      async function read(workflow: string, ids: readonly string[]): Promise<void> {
        const workflowId = workflow === ALL ? null : await open(workflow);
        if (workflowId !== undefined) for (const id of ids) hear(id, workflowId);
      }
      announcements.listen(purpose, (payload) => {
        const [, from, workflow = '', ids = ''] = PAYLOAD.exec(payload) ?? [];
        // What this gateway has announced, it has done itself, and may have newer data by now.
        if (from !== undefined && from !== sender) void read(workflow, ids.split(' '));
      });
    },
  };
}
