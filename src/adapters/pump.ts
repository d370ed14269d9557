/**
 * The transport loop: the one place that moves bytes between a connection and whatever carries them.
 *
 * Every adapter feeds it what its transport delivers and obeys three rules by using it: what a step has to transmit reaches
 * the transport before anything else happens; reading never waits for writing; and whoever is slower (the peer, the
 * transport, the owner of the data) slows down the other side instead of filling memory. It knows no clock: timeouts are the
 * adapter's.
 *
 * @see RFC 9846 §6.1 (Closure Alerts)
 * @module
 */
import type { AnswerArgs, AnyQuestion, Question, Step, TlsConnection, TlsEvent } from '../connection/events.ts';
import { TlsError } from '../errors/errors.ts';

/** What carries the records. Calls come from the pump; it never waits for one. */
export interface Transport {
  /** Takes bytes, in order and at once. False: enough for now, and `Pump.drained` is called when there is room again. */
  send(bytes: Uint8Array<ArrayBuffer>): boolean;
  /** Memory that may be overwritten, for records with so many bytes of content, which the next call of `send` brings. */
  readonly memory?: ((contentLength: number) => Uint8Array<ArrayBuffer> | undefined) | undefined;
  /** Ends the writing side after what was sent. Called once; nothing is sent after it. */
  finish(): void;
  /** Stops input from coming (true), or lets it come again. */
  hold(held: boolean): void;
}

/** Who uses the connection. */
export interface Owner {
  established(info: NonNullable<TlsConnection['info']>): void;
  /** False: enough for now; the owner calls `Pump.wanted` when it wants more. */
  data(bytes: Uint8Array<ArrayBuffer>): boolean;
  /** Server: what came before the handshake was done, which may be a replay (RFC 9846 §8). Bounded by what tickets allow. */
  earlyData(bytes: Uint8Array<ArrayBuffer>): void;
  /** The peer writes nothing more. */
  ended(): void;
  /** The connection is over. The alert, if any, was sent, and the transport finished. Called at most once. */
  failed(error: TlsError): void;
  /** Every event that has no call of its own: alerts, key-log lines. */
  other(event: TlsEvent): void;
}

type QuestionKind = AnyQuestion['kind'];
type ReplyTo<K extends QuestionKind> = Extract<AnswerArgs, readonly [Question<K>, unknown]>[1];

/**
 * Answers that may take their time, by the kind of question. A `TlsError`, returned or thrown, ends the handshake with its
 * alert; anything else that is thrown ends it with internal_error.
 */
export type AsyncDeciders = {
  readonly [K in QuestionKind]?: ((ask: Question<K>['ask']) => ReplyTo<K> | Promise<ReplyTo<K>>) | undefined;
};

export interface PumpOptions {
  /** Answers to the questions that the config has no decider for; without one, such a question ends the handshake. */
  readonly onQuestion?: AsyncDeciders | undefined;
  /** Takes a transport's end without close_notify for the end of the data, which an attacker may have cut. Default: false. */
  readonly acceptTruncation?: boolean | undefined;
}

export type Done = (error?: TlsError) => void;

export interface Pump {
  /** Begins the handshake. */
  start(): void;
  /** Input from the transport, the caller's again afterwards. */
  received(bytes: Uint8Array): void;
  /** The transport's end of input. */
  ended(): void;
  /** The transport is gone and takes nothing more; the owner knows. */
  lost(): void;
  /** The transport has room again. */
  drained(): void;
  /** The owner takes data again. */
  wanted(): void;
  /** Writes application data, once the handshake allows it and as fast as the transport takes it. One at a time. */
  write(plaintext: Uint8Array, done: Done): void;
  /** Sends close_notify once the handshake is done and what was written has gone, then finishes the transport. */
  close(done: Done): void;
  /** Ends both directions at once: user_canceled and close_notify are sent. `error` is what the owner is told, if anything. */
  abort(error: TlsError | null): void;
  /** Passes on a step that the owner got from a call of its own on the connection. */
  apply(step: Step): void;
}

/** Plaintext bytes sealed between two looks at the transport: four records of full size. */
const SLICE = 65_536;

/**
 * Joins a connection, a transport and an owner.
 *
 * @example
 * const pump = createPump(connection, transport, owner);
 * socket.on('data', (bytes) => pump.received(bytes)).on('end', () => pump.ended()).on('drain', () => pump.drained());
 * pump.start();
 */
export function createPump(
  connection: TlsConnection,
  transport: Transport,
  owner: Owner,
  options: PumpOptions = {},
): Pump {
  const events: TlsEvent[] = [];
  let running = false;
  /** The owner, the transport: each may have had enough for now. */
  let ownerFull = false;
  let transportFull = false;
  let held = false;
  /** No more from the peer, no more to the peer. */
  let inputOver = false;
  let finished = false;
  let writing: { readonly plaintext: Uint8Array; offset: number; readonly done: Done } | null = null;
  let closing: { readonly done: Done } | null = null;

  return {
    start: () => apply(connection.start()),
    received(bytes) {
      // What comes after the end, or after a failure, is nobody's.
      if (!inputOver) guarded(() => connection.receive(bytes));
    },
    ended() {
      if (!inputOver) guarded(() => connection.transportEnded());
    },
    lost() {
      finished = true;
      inputOver = true;
      // For its secrets and any open question: there is nobody left to tell.
      if (connection.phase === 'handshake' || connection.phase === 'open') connection.transportEnded();
    },
    drained() {
      transportFull = false;
      run();
    },
    wanted() {
      ownerFull = false;
      run();
    },
    write(plaintext, done) {
      writing = { plaintext, offset: 0, done };
      run();
    },
    close(done) {
      closing = { done };
      run();
    },
    abort(error) {
      const live = connection.phase === 'handshake' || connection.phase === 'open';
      if (live) send(connection.abort().transmit);
      // What waits to be written is over as well where the transport was lost before.
      drop(error ?? new TlsError('ERR_TLS_ABORTED'));
      if (live && error !== null) owner.failed(error);
    },
    apply,
  };

  /** Bytes first, and at once: whatever an event leads to comes after them on the wire. */
  function apply(step: Step): void {
    send(step.transmit);
    events.push(...step.events);
    run();
  }

  function send(bytes: Uint8Array<ArrayBuffer>): void {
    if (bytes.length > 0 && !finished) transportFull = !transport.send(bytes);
  }

  /** Works off events, then what waits to be written. A call from within, by an owner that reacts, only adds to the work. */
  function run(): void {
    if (running) return;
    running = true;
    try {
      for (;;) {
        const event = events.shift();
        if (event !== undefined) deliver(event);
        else if (!writeSlice() && !closeWhenDue()) break;
      }
    } finally {
      running = false;
    }
    regulate();
  }

  function deliver(event: TlsEvent): void {
    switch (event.type) {
      case 'established':
        owner.established(event.info);
        break;
      case 'data':
        if (event.early) owner.earlyData(event.data);
        else if (!owner.data(event.data)) ownerFull = true;
        break;
      case 'question':
        void answer(event.question);
        break;
      case 'peer-closed':
        inputOver = true;
        owner.ended();
        break;
      case 'truncated':
        if (options.acceptTruncation === true) {
          inputOver = true;
          owner.ended();
        } else end(new TlsError('ERR_TLS_TRUNCATED'));
        break;
      case 'failed':
        end(event.error);
        break;
      default:
        owner.other(event);
    }
  }

  /** One slice of the data to write, if there is any and it may go. */
  function writeSlice(): boolean {
    if (writing === null || transportFull || finished || !connection.writable) return false;
    const { plaintext, offset, done } = writing;
    writing.offset = Math.min(offset + SLICE, plaintext.length);
    const last = writing.offset === plaintext.length;
    const slice = last && offset === 0 ? plaintext : plaintext.subarray(offset, writing.offset);
    const step = connection.write(slice, transport.memory?.(slice.length));
    send(step.transmit);
    events.push(...step.events);
    if (last) {
      writing = null;
      done();
    }
    return true;
  }

  function closeWhenDue(): boolean {
    if (closing === null || writing !== null || connection.phase === 'handshake') return false;
    const { done } = closing;
    closing = null;
    // §6.1: close_notify, unless an alert has ended the connection already.
    if (connection.phase === 'open') {
      const step = connection.close();
      send(step.transmit);
      events.push(...step.events);
    }
    finish();
    done();
    return true;
  }

  function regulate(): void {
    const hold = !inputOver && (ownerFull || connection.suspendedOn !== null);
    if (hold === held) return;
    held = hold;
    transport.hold(hold);
  }

  async function answer(question: AnyQuestion): Promise<void> {
    const reply = await replyTo(question);
    guarded(() => {
      try {
        return connection.answer(...([question, reply] as AnswerArgs));
      } catch (cause) {
        // The answer is of a kind that the question does not take.
        return connection.answer(...([question, refused(question, cause)] as AnswerArgs));
      }
    });
  }

  async function replyTo(question: AnyQuestion): Promise<unknown> {
    // A lookup by a variable loses that question and decider belong together.
    const decide = options.onQuestion?.[question.kind] as ((ask: AnyQuestion['ask']) => unknown) | undefined;
    if (decide === undefined) return refused(question, undefined);
    try {
      return await decide(question.ask);
    } catch (cause) {
      return cause instanceof TlsError ? cause : refused(question, cause);
    }
  }

  /** Peers never make a connection throw; should it throw all the same, that is the end of this connection alone. */
  function guarded(call: () => Step): void {
    let step: Step;
    try {
      step = call();
    } catch (cause) {
      end(new TlsError('ERR_TLS_INTERNAL', { origin: 'own', cause }));
      return;
    }
    apply(step);
  }

  function end(error: TlsError): void {
    drop(error);
    owner.failed(error);
  }

  /** `reason` is what becomes of a write or a close that waits. */
  function drop(reason: TlsError): void {
    inputOver = true;
    events.length = 0;
    const waiting = [writing?.done, closing?.done];
    writing = null;
    closing = null;
    finish();
    regulate();
    for (const done of waiting) done?.(reason);
  }

  function finish(): void {
    if (finished) return;
    finished = true;
    transport.finish();
  }
}

function refused(question: AnyQuestion, cause: unknown): TlsError {
  const detail = cause === undefined ? `nobody answers ${question.kind}` : question.kind;
  return new TlsError('ERR_TLS_DECIDER', { detail, origin: 'own', cause });
}
