/**
 * Announcements about one viewer and one of its workflows or runs, or all of them. Only gateways with the same secret
 * can read the ids.
 */
import { randomBytes } from 'node:crypto';
import type { Fleet } from './fleet.ts';

export interface ViewerNews {
  /** `subject` has the ids, or is null for all workflows. Never rejects. */
  announce(identity: string, subject: string | null): Promise<unknown>;
  /** Calls back for announcements of other gateways. */
  listen(hear: (viewerId: string, subject: string | null) => void): void;
}

/** Stands for all subjects. */
const ALL = '*';
/** The sender, the sealed subject, and the viewer's ids. */
const PAYLOAD = /^([\w-]{8}) (\*|[\w-]{1,1500}) ([\w-]{43}(?: [\w-]{43}){0,9})$/;
/** Two ids. */
const MAX_SUBJECT_BYTES = 1025;
/** Announced subjects don't belong to a viewer. */
const NOBODY = '';

/** `purpose` is the channel, one for each kind of news. */
export function createViewerNews(
  { announcements, keys, source }: Pick<Fleet, 'announcements' | 'keys' | 'source'>,
  purpose: string,
): ViewerNews {
  const sender = randomBytes(6).toString('base64url');
  const names = keys.names('workflow', source);

  const seal = async (subject: string): Promise<string> =>
    (await names[0].seal(NOBODY, Buffer.from(subject))).toString('base64url');

  /** Returns undefined for another secret or a forged announcement. */
  async function open(sealed: string): Promise<string | undefined> {
    for (const name of names) {
      const opened = await name.open(NOBODY, Buffer.from(sealed, 'base64url'), MAX_SUBJECT_BYTES);
      if (opened) return opened.toString();
    }
    return undefined;
  }

  return {
    async announce(identity, subject) {
      const sealed = subject === null ? ALL : await seal(subject);
      return announcements.announce(purpose, [sender, sealed, ...keys.viewerIds(identity)].join(' '));
    },
    listen(hear) {
      async function read(sealed: string, ids: readonly string[]): Promise<void> {
        const subject = sealed === ALL ? null : await open(sealed);
        if (subject !== undefined) for (const id of ids) hear(id, subject);
      }
      announcements.listen(purpose, (payload) => {
        const [, from, sealed = '', ids = ''] = PAYLOAD.exec(payload) ?? [];
        // This gateway has already applied its own announcements, and may have newer data by now.
        if (from !== undefined && from !== sender) void read(sealed, ids.split(' '));
      });
    },
  };
}
