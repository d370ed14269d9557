/**
 * The driver: the only owner of a connection's state.
 *
 * Takes inputs, lets the machine answer, applies the effects in order, and turns every failure into an alert and one event.
 * It is the single place where a TlsError is caught.
 *
 * @see RFC 9846 §6.2 (Error Alerts), §5 (Record Protocol)
 * @module
 */
import { ALERT_LEVEL, ALERTS, type AlertName, alertName } from '../errors/alerts.ts';
import { fail, TlsError } from '../errors/errors.ts';
import type { ClientConfig, Limits, QuestionKind, Questions, ServerConfig } from '../handshake/shared/config.ts';
import type { AskEffect, Effect } from '../handshake/shared/effects.ts';
import type { Env } from '../handshake/shared/env.ts';
import type { ConnectionInfo } from '../handshake/shared/info.ts';
import type { AnyInput, InputName } from '../handshake/shared/inputs.ts';
import type { Machine } from '../handshake/shared/machine.ts';
import type { Exporter } from '../keys/exporter.ts';
import type { CipherSuite13 } from '../params/algorithms.ts';
import type { VersionName } from '../params/registries.ts';
import type { Mutable } from '../record/protection.ts';
import { createRecordLayer, type Incoming, type RecordLayer } from '../record/record-layer.ts';
import type { ServerSessionStore } from '../sessions/server-store.ts';
import { decide, isReply, refusalOf } from './deciders.ts';
import type { AnyQuestion, Phase, TlsEvent } from './events.ts';
import { decodeInput, inputsOf } from './message-input.ts';
import { applyToRecords } from './record-effects.ts';
import { countRepetition } from './repetition.ts';

export interface DriverOptions<S extends { readonly kind: string }> {
  readonly machine: Machine<S>;
  readonly state: S;
  /** Null for a server that is yet to be told which config to use. */
  readonly config: ClientConfig | ServerConfig | null;
  readonly env: Env;
  /** TLS 1.2: this side may write on after the peer's close_notify, as in TLS 1.3. */
  readonly halfClose: boolean;
}

/** What the connection asks of its driver. No call throws for what a peer has done. */
export interface Driver {
  readonly records: RecordLayer;
  readonly limits: Limits;
  /** Null until a server knows it. */
  readonly config: ClientConfig | ServerConfig | null;
  readonly phase: Phase;
  readonly info: ConnectionInfo | null;
  readonly question: AnyQuestion | null;
  /** True while a decider or an observer runs: no call is allowed from inside it. */
  readonly busy: boolean;
  /** False once the peer's half is over. */
  readonly reads: boolean;
  /** False once this side's half is over. */
  readonly writes: boolean;
  /** True once records can be written under application keys. */
  readonly hasApplicationKeys: boolean;
  /** Null until the handshake is over. */
  exporter(): Exporter | null;
  /** Null until the hellos have settled it. */
  readonly version: VersionName | null;
  readonly earlyExporter: { readonly suite: CipherSuite13; readonly secret: Uint8Array } | null;
  /** Client: bytes of early data that may still be written. */
  earlyDataCapacity(): number;
  writeEarlyData(plaintext: Uint8Array): void;
  dispatch(input: AnyInput): void;
  expects(input: InputName): boolean;
  receive(bytes: Uint8Array): void;
  answer(kind: QuestionKind, reply: unknown): void;
  write(plaintext: Uint8Array): void;
  closeWrite(): void;
  transportEnded(): void;
  abort(alert: AlertName): void;
  takeEvents(): TlsEvent[];
}

export function createDriver<S extends { readonly kind: string }>(options: DriverOptions<S>): Driver {
  const { machine } = options;
  let { state, env } = options;
  let events: TlsEvent[] = [];
  let questions = 0;
  /** Bytes of early data still allowed: to be written by a client, to be read by a server. */
  let earlyBytes = 0;
  let readsEarlyData = false;

  const limits: Limits = env.limits;
  const repetition = countRepetition(limits);
  /** Looked up when they are needed: a server may learn its config, and these with it, from the first ClientHello. */
  const settings = { role: machine.role, limits, ...settingsOf(env, options.config) };
  const records = createRecordLayer(settings);

  // Properties, not getters: each getter of a literal costs V8 a microsecond per connection, and makes the others slow to find.
  const driver: Mutable<Driver> = {
    records,
    limits,
    config: options.config,
    phase: 'handshake',
    info: null,
    question: null,
    busy: false,
    reads: true,
    writes: true,
    hasApplicationKeys: false,
    version: null,
    earlyExporter: null,
    exporter: () => machine.exporterOf(state),
    earlyDataCapacity: () => (machine.role === 'client' && driver.writes ? earlyBytes : 0),
    writeEarlyData(plaintext) {
      guard(() => {
        records.sendApplicationData(plaintext);
        earlyBytes -= plaintext.length;
      });
    },
    dispatch: (input) => guard(() => dispatch(input)),
    expects: (input) => machine.expects(state, input),
    receive(bytes) {
      if (!driver.reads) return;
      guard(() => {
        records.borrow(bytes);
        try {
          takeInput();
        } finally {
          // What is left is copied: the array is the caller's again.
          records.release();
        }
      });
    },
    answer(kind, reply) {
      driver.question = null;
      guard(() => {
        accept(kind, reply);
        takeInput();
      });
    },
    write(plaintext) {
      guard(() => {
        for (let start = 0; start < plaintext.length; ) {
          // §5.5: stop where the key has to be changed, and go on under the next one.
          const end = Math.min(start + records.writableBeforeKeyLimit, plaintext.length);
          const whole = end - start === plaintext.length;
          records.sendApplicationData(whole ? plaintext : plaintext.subarray(start, end));
          start = end;
          if (records.writeLimitNear && machine.expects(state, 'key-limit'))
            dispatch({ name: 'key-limit', value: null });
        }
      });
    },
    closeWrite() {
      sendClosing('close_notify');
      driver.writes = false;
      if (!driver.reads) end('closed');
    },
    transportEnded() {
      if (!driver.reads) return;
      driver.question = null;
      if (driver.phase === 'handshake') return failWith(new TlsError('ERR_TLS_TRUNCATED_HANDSHAKE'));
      events.push({ type: 'truncated' });
      stopReading();
    },
    abort(alert) {
      // §6.1: nothing follows close_notify, or an alert that has ended the connection.
      if (alert === 'user_canceled' && driver.writes) sendClosing('user_canceled');
      const last = alert === 'user_canceled' ? 'close_notify' : alert;
      failWith(new TlsError('ERR_TLS_ABORTED', { alert: last, origin: 'own' }));
    },
    takeEvents() {
      const taken = events;
      events = [];
      return taken;
    },
  };
  return driver;

  /** The one catch: a TlsError ends the connection, anything else is a defect of ours and ends it too. */
  function guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      failWith(error instanceof TlsError ? error : new TlsError('ERR_TLS_INTERNAL', { cause: error, origin: 'own' }));
    }
  }

  function takeInput(): void {
    while (driver.reads && driver.question === null) {
      const incoming = records.next();
      if (incoming === null) break;
      take(incoming);
    }
    // What is owed to the peer is settled once for all that this call has brought.
    if (
      driver.writes &&
      driver.question === null &&
      driver.phase === 'open' &&
      machine.expects(state, 'receive-ended')
    ) {
      dispatch({ name: 'receive-ended', value: null });
    }
  }

  function take(incoming: Incoming): void {
    switch (incoming.kind) {
      case 'handshake':
        return takeMessage(incoming.raw);
      case 'alert':
        return takeAlert(incoming.level, incoming.description);
      case 'application_data':
        return takeData(incoming.data);
      case 'change_cipher_spec':
        if (!machine.expects(state, 'change_cipher_spec')) fail('ERR_TLS_BAD_CHANGE_CIPHER_SPEC', `in ${state.kind}`);
        return dispatch({ name: 'change_cipher_spec', value: null });
      default:
        incoming satisfies never;
    }
  }

  function takeData(data: Uint8Array<ArrayBuffer>): void {
    if (data.length === 0) return;
    repetition.data();
    if (readsEarlyData) {
      // §4.7.1: no more than the ticket allows.
      if (data.length > earlyBytes) fail('ERR_TLS_TOO_MUCH_EARLY_DATA');
      earlyBytes -= data.length;
    }
    events.push({ type: 'data', data, early: readsEarlyData });
  }

  function takeMessage(raw: Uint8Array): void {
    const named = inputsOf(raw, driver.version);
    // A message that is out of place is refused for that, whatever it holds.
    if (named !== null && !named.inputs.some((input) => machine.expects(state, input))) {
      fail('ERR_TLS_UNEXPECTED_MESSAGE', `received ${named.name} in ${state.kind}`);
    }
    repetition.message(raw[0] ?? 0, driver.phase === 'open');
    dispatch(decodeInput(raw, driver.version));
  }

  function takeAlert(level: number, code: number): void {
    const description = alertName(code);
    events.push({ type: 'alert', from: 'peer', description });
    // RFC 5246 §7.2: warning and fatal are all there are; in TLS 1.3 the level means nothing.
    if (driver.version === 'TLS 1.2' && level !== ALERT_LEVEL.warning && level !== ALERT_LEVEL.fatal) {
      fail('ERR_TLS_ALERT_LEVEL', `level ${level}`);
    }
    if (description === 'close_notify') {
      // §6.1: the peer has closed a connection that never was; this side says close_notify too before it closes its half.
      if (driver.phase === 'handshake') return failWith(new TlsError('ERR_TLS_PEER_CLOSED_HANDSHAKE'));
      events.push({ type: 'peer-closed' });
      // RFC 5246 §7.2.1: answered at once, and what is still to be written is not; in TLS 1.3 the halves are independent.
      if (driver.version === 'TLS 1.2' && driver.writes && !options.halfClose) {
        sendClosing('close_notify');
        driver.writes = false;
      }
      return stopReading();
    }
    if (description === 'user_canceled' || isWarning(level)) {
      // §6.1: reading goes on until close_notify.
      return repetition.warning();
    }
    // §6: every other alert is an error alert, whatever its level, and so is one that is unknown.
    failWith(new TlsError('ERR_TLS_PEER_ALERT', { detail: description ?? `alert ${code}` }));
  }

  /** RFC 5246 §7.2: in TLS 1.2 the level says whether the connection goes on; before ServerHello it may yet become that. */
  function isWarning(level: number): boolean {
    if (level !== ALERT_LEVEL.warning) return false;
    return (
      driver.version === 'TLS 1.2' || (driver.version === null && driver.config?.versions.includes('TLS 1.2') === true)
    );
  }

  function dispatch(input: AnyInput): void {
    const from = state.kind;
    const { next, effects } = machine.dispatch(state, input, env);
    state = next;
    observe({ from, input: input.name, to: next.kind, effects });
    for (const effect of effects) apply(effect);
    if (input.name === 'client_hello' || input.name === 'start') {
      // §5: dummies begin here, where the version may yet become TLS 1.3.
      records.acceptChangeCipherSpec(driver.config?.versions.includes('TLS 1.3') ?? true);
    }
    const ask = effects.find((effect) => effect.do === 'ask');
    if (ask !== undefined) put(ask);
  }

  function apply(effect: Effect): void {
    switch (effect.do) {
      case 'send':
      case 'send-change-cipher-spec':
      case 'install-keys-12':
      case 'remove-write-keys':
      case 'check-record-boundary':
      case 'set-limits':
      case 'set-fragment-limit':
        return applyToRecords(records, effect);
      case 'install-keys':
        return installKeys(effect);
      case 'key-log':
        events.push({ type: 'key-log', line: effect.line });
        return;
      case 'established':
        driver.phase = 'open';
        driver.info = effect.info;
        // In TLS 1.3 the keys have said so already.
        driver.hasApplicationKeys = true;
        records.acceptApplicationData(true);
        events.push({ type: 'established', info: effect.info });
        return;
      case 'set-version':
        driver.version = effect.version;
        if (driver.version === 'TLS 1.2') records.setVersion(driver.version);
        return;
      case 'send-warning':
        // §6.1: nothing follows close_notify.
        if (!driver.writes) return;
        records.sendAlert(ALERT_LEVEL.warning, ALERTS[effect.description]);
        events.push({ type: 'alert', from: 'own', description: effect.description });
        return;
      case 'allow-early-data':
        earlyBytes = effect.bytes;
        return;
      case 'early-data':
        // §4.3.10: what was rejected is not sent again, and no more of it is sent.
        if (effect.status === 'rejected') earlyBytes = 0;
        events.push({ type: 'early-data', status: effect.status });
        return;
      case 'early-exporter':
        driver.earlyExporter = { suite: effect.suite, secret: effect.secret };
        return;
      case 'session':
        events.push({ type: 'session', session: effect.session });
        return;
      case 'store-session':
        serverStore()?.add(effect.id, effect.session);
        events.push({ type: 'session-issued', id: effect.id, session: effect.session });
        return;
      case 'consume-session':
        serverStore()?.remove(effect.id);
        events.push({ type: 'session-used', id: effect.id });
        return;
      case 'skip-early-data':
        return records.skipEarlyData({ by: effect.by, limit: limits.skippedEarlyData });
      case 'wipe':
        for (const secret of effect.secrets) secret.fill(0);
        return;
      case 'ask':
        // Put last, once everything before and beside it is done.
        return;
      default:
        effect satisfies never;
    }
  }

  function installKeys({ direction, level, suite, secret }: Effect & { do: 'install-keys' }): void {
    if (direction === 'write') {
      records.installWriteKeys(suite, secret);
      // §4.6: other keys end the client's early data.
      if (machine.role === 'client') earlyBytes = 0;
      driver.hasApplicationKeys ||= level === 'application';
      return;
    }
    records.installReadKeys(suite, secret);
    readsEarlyData = level === 'early';
    if (readsEarlyData || level === 'handshake') records.acceptApplicationData(readsEarlyData);
    if (level === 'handshake' && machine.role === 'server') records.allowPlaintextAlerts(true);
    if (level === 'application') {
      records.acceptApplicationData(true);
      // §5: dummy change_cipher_spec records are dropped until the peer's Finished.
      records.acceptChangeCipherSpec(false);
    }
  }

  function serverStore(): ServerSessionStore | null {
    const { config } = driver;
    return config?.role === 'server' ? config.sessionStore : null;
  }

  function put(ask: AskEffect): void {
    const decision = guarded(() => decide(driver.config, ask));
    if (decision === null) {
      questions += 1;
      // The kind ties the two together.
      const question = Object.freeze({ kind: ask.kind, id: questions, ask: ask.ask }) as AnyQuestion;
      driver.question = question;
      events.push({ type: 'question', question });
      return;
    }
    const { reply } = decision;
    if (refusalOf(reply) === null && !isReply(ask.kind, reply)) {
      throw new TlsError('ERR_TLS_DECIDER', { detail: `${ask.kind} gave no valid reply`, origin: 'own' });
    }
    accept(ask.kind, reply);
  }

  /** A reply that has been checked, or a refusal. */
  function accept(kind: QuestionKind, reply: unknown): void {
    const refusal = refusalOf(reply);
    if (refusal !== null) throw refusal;
    if (kind === 'chooseConfig') adopt(reply as Questions['chooseConfig']['reply']);
    // Checked by `isReply` for this kind.
    dispatch({ name: `answer:${kind}`, value: reply } as AnyInput);
  }

  function adopt(chosen: ServerConfig): void {
    driver.config = chosen;
    const { crypto, random, clock } = chosen;
    env = { ...env, crypto, random, clock };
    Object.assign(settings, settingsOf(env, chosen));
  }

  function observe(transition: Parameters<NonNullable<ClientConfig['observe']>>[0]): void {
    const observer = driver.config?.observe;
    if (observer) guarded(() => observer(transition));
  }

  /** Runs the owner's code: what it throws is its failure, and it may not call back. */
  function guarded<T>(work: () => T): T {
    driver.busy = true;
    try {
      return work();
    } catch (cause) {
      throw new TlsError('ERR_TLS_DECIDER', { cause, origin: 'own' });
    } finally {
      driver.busy = false;
    }
  }

  function failWith(error: TlsError): void {
    if (driver.phase === 'failed' || driver.phase === 'closed') return;
    driver.question = null;
    if (error.alert !== null && driver.writes) {
      sendClosing(error.alert);
      // §6.1: user_canceled is followed by close_notify, an answer's too.
      if (error.alert === 'user_canceled') sendClosing('close_notify');
    }
    forgetSession();
    events.push({ type: 'failed', error });
    end('failed');
  }

  /** RFC 5246 §7.2.2: a session whose connection has failed is not resumed. */
  function forgetSession(): void {
    const id = machine.sessionIdOf(state);
    if (id === null || id.length === 0) return;
    serverStore()?.remove(id);
    events.push({ type: 'session-invalid', id });
  }

  function sendClosing(description: AlertName): void {
    // §6.1: the closure alerts go out as warnings, §6.2: the others as fatal.
    const closure = description === 'close_notify' || description === 'user_canceled';
    records.sendAlert(closure ? ALERT_LEVEL.warning : ALERT_LEVEL.fatal, ALERTS[description]);
    events.push({ type: 'alert', from: 'own', description });
  }

  function stopReading(): void {
    driver.reads = false;
    if (!driver.writes) end('closed');
  }

  function end(last: 'closed' | 'failed'): void {
    driver.phase = last;
    driver.reads = false;
    driver.writes = false;
    // §6.2: the secrets and keys of a connection that is over are forgotten.
    machine.wipe(state);
    records.wipe();
    driver.earlyExporter?.secret.fill(0);
    driver.earlyExporter = null;
  }
}

function settingsOf({ crypto, random }: Env, config: ClientConfig | ServerConfig | null) {
  return { crypto, random, padding: config?.padding, keyLimit: config?.keyLimit };
}
