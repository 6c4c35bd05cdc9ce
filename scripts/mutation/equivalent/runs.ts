import { inFile, type Equivalent } from './equivalent.ts';

const TYPES_ALONE = 'Never reached: the types allow that nothing is found, and something always is.';
const SAVES_TIME = 'A shorter way to the same answer. It saves time, and nothing else.';
const SAVES_MEMORY = 'What is left behind is never asked for. It saves memory.';
const NO_LEASE = 'No lease has that id.';
const ANY_NAME = 'Denials are told apart by it: any name does that no other endpoint has.';

export const RUNS: readonly Equivalent[] = [
  {
    file: 'runs/single-flight.ts',
    line: 'if (flight.waiting === 0)',
    replacement: 'true',
    reason: 'It saves timers: when one rings, it is asked again whether anybody waits.',
  },
  {
    file: 'runs/resource-cache.ts',
    line: 'resource.related === undefined ? null : flights.landing(keyOf(viewer, { key: resource.related })),',
    replacement: 'false',
    reason: 'No call is under way for a resource without a key. The types can not tell that.',
  },
  ...['{}', '""'].map((replacement) => ({
    file: 'runs/live/live-poller.ts',
    line: "if (states.isFinal(state)) finish({ kind: 'COMPLETE' });",
    replacement,
    reason: 'Whatever is not FAILED is complete.',
  })),
  ...['false', '""'].map((replacement) => ({
    file: 'runs/live/live-poller.ts',
    line: "if (end && how.kind === 'COMPLETE') return;",
    replacement,
    reason: 'To end twice is to end: whoever is told looks whether there is anything left to do.',
  })),
  {
    file: 'runs/live/live-poller.ts',
    line: "const isDone = subscriber.hasLeft || (end && (end.kind === 'FAILED' || subscriber.seen === latest?.sequence));",
    replacement: 'latest.sequence',
    reason: TYPES_ALONE,
  },
  {
    file: 'runs/live/snapshot.ts',
    line: 'if (steps?.cached === before) return SAME_STEPS;',
    replacement: 'false',
    reason: SAVES_TIME,
  },
  ...inFile('runs/live/pollers.ts', [
    ['const NEVER: IsAwaited = () => Promise.resolve(false);', '() => undefined', 'Nothing is no, too.'],
    ['return promise.finally(() => {', '{}', SAVES_MEMORY],
    ["signal.removeEventListener('abort', stop);", '""', SAVES_MEMORY],
  ]),
  ...['true', 'left >= 0'].map((replacement) => ({
    file: 'runs/live/subscription-limit.ts',
    line: 'if (left > 0) subscriptions.set(id, left);',
    replacement,
    reason: 'No subscriptions are read like none. It saves memory.',
  })),
  ...['one <= other', 'one >= other'].map((replacement) => ({
    file: 'runs/viewer.ts',
    line: '.sort(([one], [other]) => (one < other ? -1 : 1))',
    replacement,
    reason: 'No two names are equal, and any order will do that is always the same.',
  })),
  {
    file: 'runs/workflow-store.ts',
    line: "key: 'workflows',",
    replacement: '""',
    reason: 'Any text that no other resource has.',
  },
  ...inFile('runs/live/fleet-turns.ts', [
    ["const [word, from, name = ''] = payload.split(' ');", '"Stryker was here!"', 'No run has that name either.'],
    ['if (present.size === 0) members.delete(name);', 'false', SAVES_MEMORY],
    ['if (present.size === 0) members.delete(name);', ';', SAVES_MEMORY],
  ]),
  {
    file: 'runs/live/runs-watch.ts',
    line: 'states: [...open.keys()].flatMap((id) => taken.get(id)?.stamp ?? []),',
    replacement: '["Stryker was here"]',
    reason: 'The same for all readers. Which workflows have not answered, `since` tells, too.',
  },
  {
    file: 'runs/live/runs-watch.ts',
    line: "topic: 'runs',",
    replacement: '""',
    reason: 'Any text that is the same for all lists.',
  },
  {
    file: 'runs/live/workflow-runs.ts',
    line: 'const isNew = known.isRead ? lastKnown < 0 || index < lastKnown : isShown;',
    replacement: 'index <= lastKnown',
    reason: 'Of one that is known it is not asked whether it is new.',
  },
  {
    file: 'runs/recent-failures.ts',
    line: 'failures.delete(key);',
    replacement: ';',
    reason: 'A failure that is over is told by nobody. It saves memory.',
  },
  ...inFile(
    'runs/run-store.ts',
    ["endpoint: 'run',", "endpoint: 'steps',"].map((line) => [line, '""', ANY_NAME]),
  ),
  {
    file: 'runs/run-store.ts',
    line: 'const key = stepsError ? undefined : (steps ?? record)?.cached;',
    replacement: '(steps ?? record).cached',
    reason: TYPES_ALONE,
  },
  {
    file: 'runs/loaders/part-loader.ts',
    line: 'if (value !== undefined) read.set(key, value);',
    replacement: 'true',
    reason: 'What is not in the map is undefined, too.',
  },
  {
    file: 'runs/loaders/run-loaders.ts',
    line: "const parts = await loadParts(ref, 'STEPS');",
    replacement: '""',
    reason: 'Whatever is neither RECORD nor TIMES loads both parts. The graph is loaded elsewhere.',
  },
  ...['true', 'ofViewer >= 0'].map((replacement) => ({
    file: 'runs/starts/idempotent-starts.ts',
    line: 'if (ofViewer > 0) bytesOfViewers.set(viewerId, ofViewer);',
    replacement,
    reason: 'No bytes are read like none. It saves memory.',
  })),
  ...[
    "const id = hash('sha256', `${viewerId}\\n${key}`, 'base64url');",
    "hash('sha256', canonicalJson([workflowId, inputs]), 'base64url');",
  ].map((line) => ({
    file: 'runs/starts/idempotent-starts.ts',
    line,
    replacement: '""',
    reason: 'Any text of the hash tells it from others. This one is short.',
  })),
  {
    file: 'runs/shared/stored-answer.ts',
    line: '} catch {',
    replacement: '{}',
    reason: 'Undefined is no head either.',
  },
  ...['"Stryker was here!"', '["Stryker was here"]'].map((replacement) => ({
    file: 'runs/shared/epochs.ts',
    line: "const [, token, since, last] = /^(\\S{1,64}) (\\d{1,16}) (\\d{1,16})$/.exec(stored?.toString('latin1') ?? '') ?? [];",
    replacement,
    reason: 'No epoch either.',
  })),
  {
    file: 'runs/shared/epochs.ts',
    line: "(await redis.eval(WITHDRAW, 1, name, newToken(), ttlMs, hadRight ? '1' : '0')) === 1;",
    replacement: '""',
    reason: 'Whatever is not 1 says the same.',
  },
  ...['OVERHEAD_BYTES - bytesIn(claimed)', '["Stryker was here"]'].map((replacement) => ({
    file: 'runs/starts/claims.ts',
    line: 'sizeCalculation: ({ claimed, values }) => OVERHEAD_BYTES + bytesIn(claimed) + bytesIn(values ?? []),',
    replacement,
    reason: 'An estimate. It differs by less than the overhead allows for.',
  })),
  ...['"Stryker was here!"', 'keys[index].open'].map((replacement) => ({
    file: 'runs/shared/shared-answers.ts',
    line: "const opened = await keys[index]?.open(identity, values[index] ?? '', versioned.bytes, maxBytes + MAX_HEAD_BYTES);",
    replacement,
    reason: TYPES_ALONE,
  })),
  ...inFile('runs/shared/awaited-calls.ts', [
    ["const [, id = '', word] = PAYLOAD.exec(payload) ?? [];", '"Stryker was here!"', NO_LEASE],
    ["const [, id = '', word] = PAYLOAD.exec(payload) ?? [];", '["Stryker was here"]', NO_LEASE],
    ['clearTimeout(timer);', ';', 'It saves a timer: whoever waited has the outcome.'],
    ['end() {', '{}', SAVES_MEMORY],
    ['all.delete(resolve);', ';', SAVES_MEMORY],
    ['if (all.size === 0 && expected.get(id) === all) expected.delete(id);', 'false', SAVES_MEMORY],
    ['if (all.size === 0 && expected.get(id) === all) expected.delete(id);', 'expected.get(id) !== all', SAVES_MEMORY],
    ['if (all.size === 0 && expected.get(id) === all) expected.delete(id);', ';', SAVES_MEMORY],
  ]),
  ...inFile('runs/shared/withdrawals.ts', [
    ['latest.denials += 1;', 'latest.denials -= 1', 'It is asked whether the number is another one.'],
  ]),
  ...inFile('runs/shared/shared-tier.ts', [
    [
      "const outcome = lease === null ? await expected.outcome(LEASE_MS, request.signal) : 'down';",
      '""',
      'Whatever is neither over nor stored leads to a call.',
    ],
    ['} finally {', '{}', SAVES_MEMORY],
    ['expected.end();', ';', SAVES_MEMORY],
  ]),
  ...inFile('runs/starts/shared-starts.ts', [
    ['if (now() >= untilMs) {', 'now() > untilMs', 'It waits for no time, and looks once more.'],
    [
      'await expected.outcome(Math.min(RECHECK_MS, untilMs - now()), never);',
      'untilMs + now()',
      'It gives up when it looks the next time, within a second.',
    ],
    ['} finally {', '{}', SAVES_MEMORY],
    ['expected.end();', ';', SAVES_MEMORY],
  ]),
  {
    file: 'runs/starts/claims.ts',
    line: 'let claimed: Values = [];',
    replacement: '["Stryker was here"]',
    reason: 'What is settled was claimed before.',
  },
  ...inFile('runs/history/run-history.ts', [
    ["endpoint: 'runs',", '""', ANY_NAME],
    [
      'return { records: records.filter(hasId).flatMap((record) => partOf.get(record) ?? []), windows };',
      '["Stryker was here"]',
      TYPES_ALONE,
    ],
    ['const EVER: RunWindow = { startedAfter: null, startedBefore: null };', '{}', 'Undefined is no moment either.'],
  ]),
  {
    file: 'runs/history/recent-runs.ts',
    line: 'return from === to ? compareText(a.workflowId, b.workflowId) : to > from ? 1 : -1;',
    replacement: 'to >= from',
    reason: 'The two differ.',
  },
  {
    file: 'runs/history/recent-runs.ts',
    line: 'const startMicros = last.startMicros + (compareText(workflowId, last.workflowId) > 0 ? 1 : 0);',
    replacement: 'compareText(workflowId, last.workflowId) >= 0',
    reason: 'The workflow that was answered last has a position of its own.',
  },
  {
    file: 'runs/history/recent-runs.ts',
    line: '({ waiting, frontier }) => waiting.length > 0 || !frontier || (next && compareByPlace(next, frontier) <= 0),',
    replacement: 'compareByPlace(next, frontier) < 0',
    reason: 'No two workflows have the same place, and of its own one has runs that wait.',
  },
  {
    file: 'runs/history/recent-runs.ts',
    line: 'queues.find(({ workflowId }) => workflowId === next.workflowId)?.waiting.shift();',
    replacement: 'queues.find(({\n  workflowId\n}) => workflowId === next.workflowId).waiting',
    reason: TYPES_ALONE,
  },
  ...inFile('runs/denials.ts', [['denials.set(key, true);', 'false', 'It is asked for keys alone.']]),
  ...inFile('runs/starts/started-runs.ts', [
    [
      "await fleet.valkey.run('STORE', (redis) => redis.set(name, '', 'PX', AWAITED_MS));",
      '"Stryker was here!"',
      'It is asked whether there is any text.',
    ],
  ]),
];
