/** The process that reads large payloads. It parses one body, answers what is asked of it, and forgets it. */
import { constants, setPriority } from 'node:os';
import { GatewayError } from '../errors.ts';
import { answerTo, ParsedPayloads, type AnswerTo, type Asked, type Room } from './questions.ts';

export interface ReadRequest {
  readonly body: Uint8Array;
  readonly questions: readonly Asked[];
  readonly room: Room;
}

/** In the order of the questions. An error without a code is a defect. */
export type ReadReply = readonly (
  { readonly answer: AnswerTo } | { readonly code: GatewayError['code'] | null; readonly message: string }
)[];

function read({ body, questions, room }: ReadRequest): ReadReply {
  const payloads = new ParsedPayloads(body);
  return questions.map((asked) => {
    try {
      return { answer: answerTo(payloads, asked, room) };
    } catch (error) {
      return error instanceof GatewayError
        ? { code: error.code, message: error.message }
        : { code: null, message: String(error) };
    }
  });
}

// The gateway answers others first.
setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
// Signals to the whole process group are the gateway's: it ends this process when its last answer is written.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.on('message', (request: ReadRequest) => {
  process.send?.(read(request));
});
