/**
 * The path validator: rules about a path as a whole, and about the form of what is issued.
 *
 * @module
 */
import { test } from 'node:test';
import { decodeDer, readOid } from '../../src/certs/der.ts';
import {
  encodeBoolean,
  encodeElement,
  encodeSequence,
  encodeText,
  encodeUnsigned,
} from '../../src/certs/der-encode.ts';
import { pinOf } from '../../src/certs/pins.ts';
import { type Entity, reforge, server, withExtensions } from './forge.ts';
import { ACCESS, anchored, check, extra, LEAF, MIDDLE, POLICIES, ROOT, through } from './one-change.ts';

test('what concerns a path as a whole', () => {
  const CONSTRAINED = 'ERR_CERT_NAME_CONSTRAINTS bad_certificate';
  const POLICY = 'ERR_CERT_POLICY bad_certificate';
  const constraints = (name: string, critical = true) =>
    extra('2.5.29.30', critical, encodeSequence(encodeElement(0xa0, encodeSequence(encodeText(0x82, name)))));
  const explicit = extra('2.5.29.36', true, encodeSequence(encodeElement(0x80, Uint8Array.of(0))));
  const policed = through(extra('2.5.29.32', false, POLICIES));
  check([
    ['a name that the intermediate permits', 'ok', through(constraints('example'))],
    ['a name that it does not permit', CONSTRAINED, through(constraints('test'))],
    ['…, and that is not critical', CONSTRAINED, through(constraints('test', false))],
    ['a name that the anchor permits', 'ok', anchored(constraints('example'))],
    ['a name that it does not permit', CONSTRAINED, anchored(constraints('test'))],
    ['a policy is required of the path', POLICY, through(explicit)],
    ['a policy is required by the caller', POLICY, { policies: ['2.23.140.1.2.1'] }],
    ['of one certificate only', POLICY, { ...policed, policies: ['2.23.140.1.2.1'] }],
    ['a key is pinned: the leaf', 'ok', { pins: [pinOf(LEAF.certificate)] }],
    ['the intermediate', 'ok', { pins: [pinOf(MIDDLE.certificate)] }],
    ['the anchor, and another', 'ok', { pins: [pinOf(server(ROOT).certificate), pinOf(ROOT.certificate)] }],
    ['another', 'ERR_CERT_PIN bad_certificate', { pins: [pinOf(server(ROOT).certificate)] }],
    [
      'another, and the leaf is trusted',
      'ERR_CERT_PIN bad_certificate',
      { anchors: [LEAF.der], pins: [pinOf(ROOT.certificate)] },
    ],
    ['the leaf, and it is trusted', 'ok', { anchors: [LEAF.der], pins: [pinOf(LEAF.certificate)] }],
  ]);
});

test('the form of what is issued, each beside what is accepted', () => {
  const CRITICALITY = 'ERR_CERT_CRITICALITY bad_certificate';
  const EMPTY = 'ERR_CERT_EMPTY_NAME bad_certificate';
  const edit = (index: number, replacement: Uint8Array) => ({
    leaf: reforge(LEAF, MIDDLE.key, (fields) => fields.map((field, i) => (i === index ? replacement : field))),
  });
  const dates = (...texts: readonly string[]) =>
    edit(4, encodeSequence(...texts.map((text) => encodeText(text.length > 13 ? 0x18 : 0x17, text))));
  /** An extension of `entity` made critical, or not. */
  const flagged = (entity: Entity, issuer: Entity, oid: string, critical: boolean) =>
    withExtensions(entity, issuer.key, (list) =>
      list.map((one) => {
        const [name, value] = decodeDer(one).children.filter(({ tag }) => tag !== 0x01);
        if (name === undefined || value === undefined || readOid(name) !== oid) return one;
        return encodeSequence(name.raw, ...(critical ? [encodeBoolean(true)] : []), value.raw);
      }),
    );
  const nameless = server(MIDDLE, { subject: '' });
  const unnamed = server(MIDDLE, { subject: '', names: [] });
  const plain = encodeSequence(encodeElement(0x80, Uint8Array.of(5)));
  check([
    ['dates in UTCTime', 'ok', dates('260101000000Z', '491231235959Z')],
    ['a date in GeneralizedTime from 2050 on', 'ok', dates('260101000000Z', '20500101000000Z')],
    ['… before 2050', 'ERR_CERT_TIME bad_certificate', dates('260101000000Z', '20491231235959Z')],
    ['… the first', 'ERR_CERT_TIME bad_certificate', dates('20260101000000Z', '270101000000Z')],
    ['an issuer without a name', EMPTY, edit(3, encodeSequence())],
    ['a subject without a name', 'ok', { leaf: nameless.der }],
    ['…, and subjectAltName not critical', CRITICALITY, { leaf: flagged(nameless, MIDDLE, '2.5.29.17', false) }],
    ['…, and no subjectAltName', EMPTY, { leaf: unnamed.der, name: undefined }],
    ['a subject, and subjectAltName critical', 'ok', { leaf: flagged(LEAF, MIDDLE, '2.5.29.17', true) }],
    ['authorityKeyIdentifier critical', CRITICALITY, { leaf: flagged(LEAF, MIDDLE, '2.5.29.35', true) }],
    ['subjectKeyIdentifier critical', CRITICALITY, { leaf: flagged(LEAF, MIDDLE, '2.5.29.14', true) }],
    ['… of an anchor', CRITICALITY, { anchors: [flagged(ROOT, ROOT, '2.5.29.14', true)] }],
    ['authorityInfoAccess', 'ok', through(extra('1.3.6.1.5.5.7.1.1', false, ACCESS))],
    ['authorityInfoAccess critical', CRITICALITY, through(extra('1.3.6.1.5.5.7.1.1', true, ACCESS))],
    ['policyConstraints not critical', CRITICALITY, through(extra('2.5.29.36', false, plain))],
    ['policyConstraints critical', 'ok', through(extra('2.5.29.36', true, plain))],
    ['inhibitAnyPolicy not critical', CRITICALITY, through(extra('2.5.29.54', false, encodeUnsigned(0)))],
    ['inhibitAnyPolicy critical', 'ok', through(extra('2.5.29.54', true, encodeUnsigned(0)))],
    ['… of an anchor', 'ok', anchored(extra('2.5.29.54', false, encodeUnsigned(0)))],
  ]);
});
