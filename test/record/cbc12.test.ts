import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { nobleProvider } from '../../src/crypto/noble/provider.ts';
import type { CryptoProvider } from '../../src/crypto/provider.ts';
import { HASH_LENGTH } from '../../src/params/algorithms.ts';
import type { RecordProtection } from '../../src/record/protection.ts';
import { createProtection12 } from '../../src/record/protection12.ts';
import { counting } from './counting.ts';
import { type CbcShape, cbcRecord, keysFor, suite12 } from './oracle12.ts';
import { drain, layer, message, refuses, seeded, TYPE } from './records.ts';

const SUITES = (
  [
    'TLS_RSA_WITH_AES_128_CBC_SHA',
    'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256',
    'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384',
  ] as const
).map(suite12);
type CbcSuite = (typeof SUITES)[number];

const macLengthOf = ({ protection }: CbcSuite): number =>
  protection.kind === 'cbc' ? HASH_LENGTH[protection.mac] : assert.fail();

function reader(suite: CbcSuite, encryptThenMac: boolean, crypto: CryptoProvider = nobleProvider): RecordProtection {
  return createProtection12(crypto, suite, keysFor(suite, 7), { encryptThenMac });
}

const input = (suite: CbcSuite, sequence = 0) => ({ suite, keys: keysFor(suite, 7), sequence, type: TYPE.data });
const content = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => 1 + (i % 251));
const OUT = new Uint8Array(20_000);

/** Length of the content, or -1. */
function open(by: RecordProtection, record: Uint8Array): number {
  return by.open(0x0303, record.subarray(5), OUT, 0, TYPE.data);
}

/** Every padding that makes whole blocks of so many bytes. */
function paddings(inside: number): readonly number[] {
  const all: number[] = [];
  for (let padding = 15 - (inside % 16); padding < 256; padding += 16) all.push(padding);
  return all;
}

for (const suite of SUITES) {
  for (const encryptThenMac of [false, true]) {
    const name = `${suite.name}, encrypt-then-MAC ${encryptThenMac}`;
    const macLength = macLengthOf(suite);
    const inside = (length: number): number => length + (encryptThenMac ? 0 : macLength);

    test(`${name}: content of every length from 0 up opens under every padding that it may have`, (t) => {
      const by = reader(suite, encryptThenMac);
      let sequence = 0;
      for (let length = 0; length <= 48; length++) {
        for (const padding of paddings(inside(length))) {
          const record = cbcRecord(input(suite, sequence++), content(length), { encryptThenMac, padding });
          assert.equal(open(by, record), length, `${length} bytes, padding ${padding}`);
          assert.deepEqual(OUT.subarray(0, length), content(length));
        }
      }
      assert.equal(by.sequence, sequence);
      t.diagnostic(`${name}: ${sequence} records with good padding open`);
    });

    test(`${name}: fragments of every length that hold nothing authentic are bad records`, () => {
      const by = reader(suite, encryptThenMac);
      const random = seeded(3);
      for (let length = 0; length <= 400; length++) {
        const fragment = Uint8Array.from({ length }, () => random(256));
        assert.equal(by.open(0x0303, fragment, OUT, 0, TYPE.data), -1, `${length} bytes`);
      }
      assert.equal(by.sequence, 0);
    });

    test(`${name}: a good record cut or lengthened by any number of bytes is a bad record`, () => {
      const by = reader(suite, encryptThenMac);
      const fragment = cbcRecord(input(suite), content(70), { encryptThenMac }).subarray(5);
      for (let length = 0; length < fragment.length; length++) {
        assert.equal(by.open(0x0303, fragment.subarray(0, length), OUT, 0, TYPE.data), -1, `${length} bytes`);
      }
      for (let more = 1; more <= 32; more++) {
        const longer = Uint8Array.of(...fragment, ...content(more));
        assert.equal(by.open(0x0303, longer, OUT, 0, TYPE.data), -1, `${more} more`);
      }
      assert.equal(by.open(0x0303, fragment, OUT, 0, TYPE.data), 70);
    });

    test(`${name}: bad padding of every kind is a bad record`, (t) => {
      const by = reader(suite, encryptThenMac);
      let bad = 0;
      const refused = (length: number, shape: CbcShape, what: string): void => {
        bad++;
        const record = cbcRecord(input(suite), content(length), { ...shape, encryptThenMac });
        assert.equal(open(by, record), -1, `${length} bytes, ${what}`);
      };
      // At 11 and 15 a MAC may end where the padding of no length begins.
      for (const length of [0, 11, 15, 61]) {
        for (const padding of paddings(inside(length))) {
          // Its length, and bytes of the padding: each where there are few.
          for (const i of Array.from({ length: padding + 1 }, (_, k) => k)) {
            if (padding >= 48 && i % 9 > 0 && i < padding - 1) continue;
            // The flipped length is 0, and that padding would be right: only a MAC inside would tell.
            if (encryptThenMac && i === 0 && padding === 0x80) continue;
            refused(
              length,
              { padding, damage: (plain) => flip(plain, plain.length - 1 - i) },
              `byte ${i} of ${padding}`,
            );
          }
        }
        // Longer than all there is; longer than what the MAC leaves.
        const total = inside(length) + 1 + (paddings(inside(length))[0] ?? 0);
        for (const claimed of [total, total + 1, 255]) {
          if (claimed > 255) continue;
          refused(length, { damage: (plain) => void plain.fill(claimed) }, `padding of ${claimed} in ${total}`);
        }
        if (!encryptThenMac && total - macLength <= 255) {
          const claimed = total - macLength;
          refused(
            length,
            { damage: (plain) => void plain.fill(claimed, macLength - 1) },
            'padding in the place of the MAC',
          );
        }
      }
      t.diagnostic(`${name}: ${bad} records with bad padding refused`);
    });

    test(`${name}: a bad MAC is a bad record, whatever byte is wrong`, () => {
      const by = reader(suite, encryptThenMac);
      for (let i = 0; i < macLength; i++) {
        const record = cbcRecord(input(suite), content(33), {
          encryptThenMac,
          damage: (plain) => (encryptThenMac ? undefined : flip(plain, 33 + i)),
        });
        if (encryptThenMac) flip(record, record.length - macLength + i);
        assert.equal(open(by, record), -1, `byte ${i}`);
      }
      for (const sequence of [1, 2 ** 32]) {
        assert.equal(open(by, cbcRecord(input(suite, sequence), content(33), { encryptThenMac })), -1);
      }
      assert.equal(
        by.open(0x0303, cbcRecord(input(suite), content(33), { encryptThenMac }).subarray(5), OUT, 0, TYPE.alert),
        -1,
      );
      assert.equal(open(by, cbcRecord(input(suite), content(33), { encryptThenMac })), 33);
    });
  }

  test(`${suite.name}: as many compressions, and the same calls, for every padding of one length`, (t) => {
    const macLength = macLengthOf(suite);
    const counted = counting(nobleProvider);
    let records = 0;
    for (const blocks of [5, 20, 22]) {
      const total = 16 * blocks;
      const by = reader(suite, false, counted.provider);
      counted.take();
      const seen = new Map<string, string>();
      const look = (what: string): void => {
        const { compressions, calls } = counted.take();
        seen.set(`${compressions} compressions: ${calls}`, what);
        records++;
      };
      for (let padding = 0; padding < 256; padding++) {
        const length = total - macLength - 1 - padding;
        // Good padding and a good MAC; good padding and a bad MAC; bad padding with that length.
        if (length >= 0) {
          assert.equal(open(by, cbcRecord(input(suite, by.sequence), content(length), { padding })), length);
          look(`good ${padding}`);
          const damage = (plain: Uint8Array): void => flip(plain, length);
          assert.equal(open(by, cbcRecord(input(suite, by.sequence), content(length), { padding, damage })), -1);
          look(`bad MAC ${padding}`);
        }
        const least = (total - macLength - 1) % 16;
        const damage = (plain: Uint8Array): void => {
          plain[plain.length - 1] = padding;
          plain[plain.length - 2] = padding ^ 1;
        };
        const bad = cbcRecord(input(suite, by.sequence), content(total - macLength - 1 - least), {
          padding: least,
          damage,
        });
        assert.equal(open(by, bad), -1);
        look(`bad padding ${padding}`);
      }
      assert.equal(seen.size, 1, [...seen].map(([how, what]) => `${what}: ${how}`).join('\n'));
    }
    t.diagnostic(
      `${suite.name}: ${records} records of 3 lengths, one number of compressions and one row of calls for each length`,
    );
  });
}

test('the counter counts what a hash does: against the sizes of FIPS 180-4', () => {
  const counted = counting(nobleProvider);
  const hash = counted.provider.hash('sha256');
  hash.update(new Uint8Array(55));
  const clone = hash.clone();
  assert.equal(
    createHash('sha256').update(new Uint8Array(55)).digest('hex'),
    Buffer.from(hash.digest()).toString('hex'),
  );
  assert.equal(counted.take().compressions, 1);
  clone.update(new Uint8Array(1));
  clone.digest();
  assert.equal(counted.take().compressions, 2);
  counted.provider.hmac('sha384', new Uint8Array(4), new Uint8Array(111), new Uint8Array(1));
  // 128 + 112 + 17 bytes make three blocks; 128 + 48 + 17 two.
  assert.equal(counted.take().compressions, 5);
});

test('bad MAC, bad padding and too short are one and the same to the peer', () => {
  const suite = suite12('TLS_RSA_WITH_AES_128_CBC_SHA');
  const bad = {
    mac: cbcRecord(input(suite), content(10), { damage: (plain) => flip(plain, 12) }),
    padding: cbcRecord(input(suite), content(10), { damage: (plain) => flip(plain, plain.length - 1) }),
    short: Uint8Array.of(TYPE.data, 3, 3, 0, 16, ...new Uint8Array(16)),
    part: Uint8Array.of(TYPE.data, 3, 3, 0, 65, ...new Uint8Array(65)),
    empty: Uint8Array.of(TYPE.data, 3, 3, 0, 0),
  };
  for (const record of Object.values(bad)) {
    const server = layer('server');
    server.setVersion('TLS 1.2');
    server.installReadKeys12(suite, keysFor(suite, 7), false);
    server.acceptApplicationData(true);
    server.feed(record);
    refuses(() => server.next(), 'ERR_TLS_BAD_RECORD', 'bad_record_mac');
  }
});

test('padding does not count: a record of 2^14 bytes of content may have all of it', () => {
  const suite = suite12('TLS_RSA_WITH_AES_256_CBC_SHA256');
  for (const encryptThenMac of [false, true]) {
    const server = layer('server');
    server.setVersion('TLS 1.2');
    server.installReadKeys12(suite, keysFor(suite, 7), encryptThenMac);
    server.acceptApplicationData(true);
    const longest = (2 ** 14 + (encryptThenMac ? 0 : 32)) % 16 === 0 ? 255 : assert.fail();
    server.feed(cbcRecord(input(suite), content(2 ** 14), { encryptThenMac, padding: longest }));
    server.feed(cbcRecord(input(suite, 1), content(2 ** 14), { encryptThenMac }));
    const lengths = drain(server).map((one) => (one.kind === 'application_data' ? one.data.length : one.kind));
    assert.equal(
      lengths.reduce<number>((sum, length) => sum + Number(length), 0),
      2 ** 15,
    );
    server.feed(cbcRecord(input(suite, 2), content(2 ** 14 + 1), { encryptThenMac }));
    refuses(() => server.next(), 'ERR_TLS_RECORD_OVERFLOW', 'record_overflow');
  }
});

test('a handshake message and an alert pass through CBC', () => {
  const suite = suite12('TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384');
  const [client, server] = [layer('client', { random: content }), layer('server')];
  for (const end of [client, server]) end.setVersion('TLS 1.2');
  client.sendChangeCipherSpec();
  client.installWriteKeys12(suite, keysFor(suite, 7), true);
  client.sendHandshake(message(20, 12));
  client.sendAlert(1, 0);
  server.feed(client.take());
  assert.deepEqual(server.next(), { kind: 'change_cipher_spec' });
  server.installReadKeys12(suite, keysFor(suite, 7), true);
  assert.deepEqual(drain(server), [
    { kind: 'handshake', raw: message(20, 12) },
    { kind: 'alert', level: 1, description: 0 },
  ]);
});

function flip(bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] ?? assert.fail(`no byte ${at}`)) ^ 0x80;
}
