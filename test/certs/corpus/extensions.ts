/**
 * Corpus: the extensions that say what a certificate is for.
 *
 * @see RFC 5280 §4.2
 * @module
 */
import { encodeElement, encodeOctets, encodeOid, encodeSequence, encodeText } from '../../../src/certs/der-encode.ts';
import { encodeDistinguishedName } from '../../../src/certs/distinguished-name.ts';
import { encodeExtension } from '../../../src/certs/issue-extensions.ts';
import { ACCESS_OID, EXTENSION_OID } from '../../../src/certs/oids.ts';
import { bytes } from '../forge.ts';
import { extension, type Pair, type Part, pair, text, without } from './chain.ts';

const UNKNOWN = '1.2.3.4';
const ID = encodeOctets(text('twenty octets of key!'.slice(0, 20)));

const ISSUER = encodeElement(0xa1, encodeElement(0xa4, encodeDistinguishedName('CN=Root')));
const SERIAL = bytes('820101');

const general: readonly Pair[] = [
  pair(
    'RFC 5280 §4.2',
    'each extension at most once',
    'ERR_CERT_DUPLICATE_EXTENSION',
    { leaf: {} },
    { leaf: { extensions: (list) => [...list, ...list.slice(-1)] } },
    {},
  ),
  pair(
    'RFC 5280 §4.2',
    'each extension at most once, in an authority',
    'ERR_CERT_DUPLICATE_EXTENSION',
    { ca: {} },
    { ca: { extensions: (list) => [...list, ...list.slice(-1)] } },
  ),
  pair(
    'RFC 5280 §4.2',
    'what is critical is understood',
    'ERR_CERT_UNKNOWN_CRITICAL_EXTENSION',
    { leaf: extension(UNKNOWN, false, ID) },
    { leaf: extension(UNKNOWN, true, ID) },
  ),
  pair(
    'RFC 5280 §4.2',
    'what is critical is understood, in an authority',
    'ERR_CERT_UNKNOWN_CRITICAL_EXTENSION',
    { ca: extension(UNKNOWN, false, ID) },
    { ca: extension(UNKNOWN, true, ID) },
  ),
  pair(
    'RFC 5280 §4.2',
    'what is critical is understood, in an anchor',
    'ERR_CERT_UNKNOWN_CRITICAL_EXTENSION',
    { root: extension(UNKNOWN, false, ID) },
    { root: extension(UNKNOWN, true, ID) },
  ),
  pair(
    'RFC 5280 §4.1.2.9',
    'a list of extensions is not empty',
    'ERR_CERT_DECODE',
    { leaf: { extensions: (list) => list } },
    { leaf: { extensions: () => [] }, use: { name: undefined } },
  ),
  pair(
    'RFC 5280 §4.2',
    'an extension has three fields at most',
    'ERR_CERT_DECODE',
    { leaf: { extensions: (list) => [...list, encodeSequence(encodeOid(UNKNOWN), ID)] } },
    { leaf: { extensions: (list) => [...list, encodeSequence(encodeOid(UNKNOWN), ID, ID)] } },
  ),
];

const identifiers: readonly Pair[] = [
  pair(
    'RFC 5280 §4.2.1.1',
    'authorityKeyIdentifier is not critical',
    'ERR_CERT_CRITICALITY',
    { leaf: keyIdentifier(false) },
    { leaf: keyIdentifier(true) },
  ),
  pair(
    'RFC 5280 §4.2.1.1',
    'issuer and serial number stand together',
    'ERR_CERT_DECODE',
    {
      ca: { serial: Uint8Array.of(1) },
      leaf: extension(EXTENSION_OID.authorityKeyIdentifier, false, encodeSequence(ISSUER, SERIAL)),
    },
    {
      ca: { serial: Uint8Array.of(1) },
      leaf: extension(EXTENSION_OID.authorityKeyIdentifier, false, encodeSequence(SERIAL)),
    },
    { good: '-x509_strict wants the keyIdentifier, which is a rule for authorities' },
  ),
  pair(
    'RFC 5280 §4.2.1.2',
    'subjectKeyIdentifier is not critical',
    'ERR_CERT_CRITICALITY',
    { leaf: extension(EXTENSION_OID.subjectKeyIdentifier, false, ID) },
    { leaf: extension(EXTENSION_OID.subjectKeyIdentifier, true, ID) },
  ),
  pair(
    'RFC 5280 §4.2.1.2',
    'a subjectKeyIdentifier is of octets',
    'ERR_CERT_DECODE',
    { leaf: extension(EXTENSION_OID.subjectKeyIdentifier, false, ID) },
    { leaf: extension(EXTENSION_OID.subjectKeyIdentifier, false, encodeSequence(ID)) },
  ),
  pair(
    'RFC 5280 §4.2.2.1',
    'authorityInfoAccess is not critical',
    'ERR_CERT_CRITICALITY',
    { leaf: access(false) },
    { leaf: access(true) },
  ),
  pair(
    'RFC 5280 §4.2.1.11',
    'policyConstraints are critical',
    'ERR_CERT_CRITICALITY',
    { ca: extension(EXTENSION_OID.policyConstraints, true, bytes('3003 800109')) },
    { ca: extension(EXTENSION_OID.policyConstraints, false, bytes('3003 800109')) },
    { bad: 'openssl applies them, critical or not' },
  ),
  pair(
    'RFC 5280 §4.2.1.14',
    'inhibitAnyPolicy is critical',
    'ERR_CERT_CRITICALITY',
    { ca: extension(EXTENSION_OID.inhibitAnyPolicy, true, bytes('020109')) },
    { ca: extension(EXTENSION_OID.inhibitAnyPolicy, false, bytes('020109')) },
    { bad: 'openssl applies it, critical or not' },
  ),
];

/** The authorityKeyIdentifier as it is issued, critical or not. */
function keyIdentifier(critical: boolean): Part {
  const oid = encodeOid(EXTENSION_OID.authorityKeyIdentifier);
  return {
    extensions: (list) =>
      list.map((old) => {
        const found = Buffer.from(old).indexOf(oid);
        return found === -1 || !critical ? old : encodeSequence(oid, bytes('0101ff'), old.subarray(found + oid.length));
      }),
  };
}

function access(critical: boolean): Part {
  const uri = encodeText(0x86, 'http://ocsp.example/');
  return extension(
    EXTENSION_OID.authorityInfoAccess,
    critical,
    encodeSequence(encodeSequence(encodeOid(ACCESS_OID.ocsp), uri)),
  );
}

const usages: readonly Pair[] = [
  pair(
    'RFC 5280 §4.2.1.12',
    'the key of a server signs, encrypts or agrees',
    'ERR_CERT_KEY_USAGE',
    { leaf: { keyUsage: ['keyAgreement'] } },
    { leaf: { keyUsage: ['dataEncipherment'] } },
  ),
  pair(
    'RFC 5280 §4.2.1.12',
    'or does not say what it does',
    'ERR_CERT_KEY_USAGE',
    { leaf: { keyUsage: null } },
    { leaf: { keyUsage: ['nonRepudiation'] } },
  ),
  pair(
    'RFC 5280 §6.1.4 (n)',
    'an authority signs certificates',
    'ERR_CERT_KEY_USAGE',
    { ca: { keyUsage: ['keyCertSign'] } },
    { ca: { keyUsage: ['cRLSign'] } },
  ),
  pair(
    'RFC 5280 §6.1.4 (n)',
    'an anchor signs certificates',
    'ERR_CERT_KEY_USAGE',
    { root: { keyUsage: ['keyCertSign'] } },
    { root: { keyUsage: ['cRLSign'] } },
  ),
  pair(
    'RFC 5280 §4.2.1.3',
    'at least one usage',
    'ERR_CERT_DECODE',
    { leaf: extension(EXTENSION_OID.keyUsage, true, bytes('0302 0780')) },
    { leaf: extension(EXTENSION_OID.keyUsage, true, bytes('0301 00')) },
  ),
  pair(
    'RFC 5280 §4.2.1.9',
    'who signs certificates is an authority',
    'ERR_CERT_CA_USAGE',
    { leaf: { keyUsage: ['digitalSignature', 'cRLSign'] } },
    { leaf: { keyUsage: ['digitalSignature', 'keyCertSign'] } },
  ),
  pair(
    'RFC 5280 §4.2.1.12',
    'a server is for serverAuth',
    'ERR_CERT_EXTENDED_KEY_USAGE',
    { leaf: { purposes: ['clientAuth', 'serverAuth'] } },
    { leaf: { purposes: ['clientAuth'] } },
  ),
  pair(
    'RFC 5280 §4.2.1.12',
    'a client is for clientAuth',
    'ERR_CERT_EXTENDED_KEY_USAGE',
    { leaf: { purposes: ['clientAuth'] }, use: { purpose: 'clientAuth' } },
    { leaf: { purposes: ['serverAuth'] }, use: { purpose: 'clientAuth' } },
  ),
  pair(
    'RFC 5280 §4.2.1.12',
    'or is for whatever',
    'ERR_CERT_EXTENDED_KEY_USAGE',
    { leaf: without(EXTENSION_OID.extendedKeyUsage) },
    { leaf: { purposes: ['emailProtection'] } },
  ),
  pair(
    'RFC 5280 §4.2.1.12',
    'anyExtendedKeyUsage names no purpose',
    'ERR_CERT_EXTENDED_KEY_USAGE',
    { leaf: { purposes: ['any', 'serverAuth'] } },
    { leaf: { purposes: ['any'] } },
  ),
  pair(
    'RFC 5280 §4.2.1.12',
    'an authority is bound by its own purposes',
    'ERR_CERT_EXTENDED_KEY_USAGE',
    { ca: { purposes: ['serverAuth'] } },
    { ca: { purposes: ['clientAuth'] } },
  ),
  pair(
    'RFC 5280 §4.2.1.12',
    'an authority may be for any',
    'ERR_CERT_EXTENDED_KEY_USAGE',
    { ca: { purposes: ['any'] } },
    { ca: { purposes: ['ocspSigning'] } },
    { good: 'openssl wants the purpose itself in an authority that lists any' },
  ),
  pair(
    'RFC 5280 §4.2.1.12',
    'through each authority',
    'ERR_CERT_EXTENDED_KEY_USAGE',
    { ca: { purposes: ['serverAuth'] }, sub: {} },
    { ca: { purposes: ['clientAuth'] }, sub: { purposes: ['serverAuth'] } },
  ),
  pair(
    'RFC 5280 §4.2.1.12',
    'at least one purpose',
    'ERR_CERT_DECODE',
    { leaf: extension(EXTENSION_OID.extendedKeyUsage, false, encodeSequence(encodeOid('1.3.6.1.5.5.7.3.1'))) },
    { leaf: extension(EXTENSION_OID.extendedKeyUsage, false, encodeSequence()) },
  ),
];

const constraints: readonly Pair[] = [
  pair(
    'RFC 5280 §6.1.4 (k)',
    'an issuer has basicConstraints',
    'ERR_CERT_NOT_A_CA',
    { leaf: without(EXTENSION_OID.basicConstraints) },
    { ca: without(EXTENSION_OID.basicConstraints) },
  ),
  pair(
    'RFC 5280 §6.1.4 (k)',
    'an issuer is an authority',
    'ERR_CERT_NOT_A_CA',
    { leaf: extension(EXTENSION_OID.basicConstraints, true, bytes('3000')) },
    { ca: { ...extension(EXTENSION_OID.basicConstraints, true, bytes('3000')), keyUsage: null } },
  ),
  pair(
    'RFC 5280 §6.1.4 (k)',
    'an end entity issues nothing',
    'ERR_CERT_NOT_A_CA',
    { sub: {} },
    { sub: { ca: undefined, names: ['sub.example'] } },
  ),
  pair(
    'RFC 5280 §4.2.1.9',
    "a path length is an authority's",
    'ERR_CERT_CA_USAGE',
    { leaf: extension(EXTENSION_OID.basicConstraints, true, bytes('3000')) },
    { leaf: extension(EXTENSION_OID.basicConstraints, true, bytes('3003 020100')) },
  ),
  pair(
    'RFC 5280 §4.2.1.9',
    'a path length is not negative',
    'ERR_CERT_DECODE',
    { ca: extension(EXTENSION_OID.basicConstraints, true, bytes('3006 0101ff 020100')) },
    { ca: extension(EXTENSION_OID.basicConstraints, true, bytes('3006 0101ff 0201ff')) },
  ),
  pair(
    'RFC 5280 §4.2.1.9',
    'an authority is no end entity',
    'ERR_CERT_CA_AS_LEAF',
    { leaf: {} },
    { leaf: { ca: {}, keyUsage: ['digitalSignature', 'keyCertSign'] } },
    {
      bad: 'openssl lets an authority be a server',
    },
  ),
  pair(
    'RFC 5280 §6.1.4 (l), (m)',
    'so many authorities follow',
    'ERR_CERT_PATH_LENGTH',
    { root: { ca: { pathLength: 1 } } },
    { root: { ca: { pathLength: 0 } } },
  ),
  pair(
    'RFC 5280 §6.1.4 (l), (m)',
    'none follows',
    'ERR_CERT_PATH_LENGTH',
    { ca: { ca: { pathLength: 0 } } },
    { ca: { ca: { pathLength: 0 } }, sub: {} },
  ),
  pair(
    'RFC 5280 §6.1.4 (m)',
    'the smallest counts',
    'ERR_CERT_PATH_LENGTH',
    { root: { ca: { pathLength: 2 } }, ca: { ca: { pathLength: 1 } }, sub: {} },
    { root: { ca: { pathLength: 1 } }, ca: { ca: { pathLength: 2 } }, sub: {} },
  ),
  pair(
    'RFC 5280 §6.1.4 (l)',
    'self-issued ones are not counted',
    'ERR_CERT_PATH_LENGTH',
    { ca: { ca: { pathLength: 0 } }, sub: { subject: 'CN=CA' } },
    { ca: { ca: { pathLength: 0 } }, sub: { subject: 'CN=CB' } },
  ),
];

const ALT = EXTENSION_OID.subjectAltName;
const LEAF_NAME = encodeText(0x82, 'leaf.example');

const alternatives: readonly Pair[] = [
  pair(
    'RFC 5280 §4.2.1.6',
    'a subjectAltName has a name',
    'ERR_CERT_DECODE',
    { leaf: extension(ALT, false, encodeSequence(LEAF_NAME)) },
    { leaf: extension(ALT, false, encodeSequence()), use: { name: undefined } },
  ),
  pair(
    'RFC 5280 §4.2.1.6',
    'a dNSName is ASCII',
    'ERR_CERT_DECODE',
    { leaf: extension(ALT, false, encodeSequence(LEAF_NAME, encodeText(0x82, 'xn--bcher-kva.example'))) },
    { leaf: extension(ALT, false, encodeSequence(LEAF_NAME, encodeText(0x82, 'bücher.example'))) },
    {
      bad: 'openssl passes over names that it cannot compare',
    },
  ),
  pair(
    'RFC 5280 §4.2.1.6',
    'an rfc822Name is ASCII',
    'ERR_CERT_DECODE',
    { leaf: extension(ALT, false, encodeSequence(LEAF_NAME, encodeText(0x81, 'a@b.example'))) },
    { leaf: extension(ALT, false, encodeSequence(LEAF_NAME, encodeText(0x81, 'é@b.example'))) },
    {
      bad: 'openssl passes over names that it cannot compare',
    },
  ),
  pair(
    'RFC 5280 §4.2.1.6',
    'an iPAddress has 4 octets or 16',
    'ERR_CERT_DECODE',
    { leaf: extension(ALT, false, encodeSequence(LEAF_NAME, bytes('8704 c0000201'))) },
    { leaf: extension(ALT, false, encodeSequence(LEAF_NAME, bytes('8705 c000020100'))) },
    {
      bad: 'openssl passes over addresses of a wrong length',
    },
  ),
  pair(
    'RFC 5280 §4.2.1.6',
    'a GeneralName is of a known form',
    'ERR_CERT_DECODE',
    { leaf: extension(ALT, false, encodeSequence(LEAF_NAME, bytes('8802 2a03'))) },
    { leaf: extension(ALT, false, encodeSequence(LEAF_NAME, bytes('8902 2a03'))) },
  ),
  pair(
    'RFC 5280 §4.2.1.6',
    'a directoryName is a Name',
    'ERR_CERT_DECODE',
    { leaf: extension(ALT, false, encodeSequence(LEAF_NAME, encodeElement(0xa4, encodeSequence()))) },
    { leaf: extension(ALT, false, encodeSequence(LEAF_NAME, encodeElement(0xa4, bytes('0500')))) },
  ),
  pair(
    'X.690 §8.14',
    'a dNSName is primitive',
    'ERR_CERT_DECODE',
    { leaf: extension(ALT, false, encodeSequence(LEAF_NAME)) },
    { leaf: extension(ALT, false, encodeSequence(LEAF_NAME, encodeElement(0xa2, encodeText(0x16, 'a.example')))) },
    {
      bad: 'openssl decodes BER',
    },
  ),
  pair(
    'RFC 5280 §4.2',
    'an extension is one structure',
    'ERR_CERT_DER_TRAILING',
    { leaf: extension(ALT, false, encodeSequence(LEAF_NAME)) },
    { leaf: extension(ALT, false, Uint8Array.of(...encodeSequence(LEAF_NAME), 5, 0)) },
    { bad: 'openssl reads as far as the structure goes' },
  ),
];

const doubled = encodeExtension(UNKNOWN, false, ID);

export const EXTENSIONS: readonly Pair[] = [
  ...general,
  pair(
    'RFC 5280 §4.2',
    'each extension at most once, known or not',
    'ERR_CERT_DUPLICATE_EXTENSION',
    { leaf: { extensions: (list) => [...list, doubled] } },
    { leaf: { extensions: (list) => [...list, doubled, doubled] } },
    {
      bad: 'openssl counts those that it knows',
    },
  ),
  ...identifiers,
  ...usages,
  ...constraints,
  ...alternatives,
];
