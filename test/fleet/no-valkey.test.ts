import { createServer, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createComplaints } from '../../src/fleet/complaints.ts';
import { until } from '../harness/fleet.ts';
import { joinFleet, type TestFleet } from '../support/join-fleet.ts';
import { captureLog } from '../support/observed.ts';

const ANSWERS: Readonly<Record<string, string>> = { hello: '%0\r\n', info: '$11\r\nrole:master\r\n' };
const TIME = '*2\r\n$10\r\n1763985600\r\n$6\r\n000001\r\n';

/** What else may listen where Valkey should: it answers each TIME with `reply`. */
async function startOther(reply: string) {
  const sockets = new Set<Socket>();
  const other = {
    reply,
    questions: 0,
    server: createServer((socket) => {
      sockets.add(socket.on('error', () => undefined));
      socket.on('data', (sent) => {
        for (const [command] of sent.toString().matchAll(/(?<=\r\n)(hello|info|time|client|ping)(?=\r\n)/gi)) {
          const isTime = command.toLowerCase() === 'time';
          if (isTime) other.questions += 1;
          socket.write(isTime ? other.reply : (ANSWERS[command] ?? '+OK\r\n'));
        }
      });
    }),
    close() {
      for (const socket of sockets) socket.destroy();
      other.server.close();
    },
  };
  await once(other.server.listen(0, '127.0.0.1'), 'listening');
  return { ...other, set: (text: string) => void (other.reply = text), asked: () => other.questions };
}

describe('whatever answers in place of Valkey', () => {
  let other: Awaited<ReturnType<typeof startOther>> | undefined;
  let fleet: TestFleet | undefined;
  afterEach(() => {
    fleet?.close();
    other?.close();
  });
  const join = async (reply: string) => {
    other = await startOther(reply);
    fleet = await joinFleet(`redis://127.0.0.1:${(other.server.address() as AddressInfo).port}`);
    return { other, fleet };
  };

  it.each([
    ['a number', ':42\r\n'],
    ['nothing', '$-1\r\n'],
    ['a word', '+OK\r\n'],
    ['an empty list', '*0\r\n'],
    ['a list of words', '*2\r\n$1\r\nx\r\n$1\r\ny\r\n'],
    ['a list of lists', '*2\r\n*0\r\n*0\r\n'],
    ['a time that never comes', '*2\r\n$16\r\n9999999999999999\r\n$1\r\n0\r\n'],
  ])('and tells %s for its time is none, at the start and later', async (_what, reply) => {
    const { other, fleet } = await join(reply);
    expect(fleet.valkey.isUp).toBe(false);
    other.set(TIME);
    await until(() => fleet.valkey.isUp);
    other.set(reply);
    const stop = fleet.valkey.watch();
    await until(() => !fleet.valkey.isUp);
    stop();
    const asked = other.asked();
    await until(() => other.asked() > asked);
  });
});

describe('a complaint', () => {
  it.each([
    ['WRONGPASS invalid username-password pair', 'WRONGPASS'],
    ['ERR unknown command', 'ERR'],
    ['Secret text', 'Error'],
    ['SECRet text', 'Error'],
  ])('of "%s" has the code %s', (text, code) => {
    const log = captureLog('warn');
    createComplaints(log.logger).refused('GET', new Error(text));
    expect(log.lines).toMatchObject([{ code }]);
  });
});
