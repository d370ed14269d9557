/**
 * Name constraints: which names the certificates below an authority may be for.
 *
 * Each authority's constraints are applied to every certificate below it. That is the same as RFC 5280's running intersection
 * and union, and lets a refusal say whose constraint it was. What cannot be compared is refused.
 *
 * @see RFC 5280 §4.2.1.10, §6.1.3 (b) (c), §6.1.4 (g)
 * @module
 */
import { fail } from '../errors/errors.ts';
import { type Certificate, isSelfIssued } from './certificate.ts';
import { decodeDer, fieldsOf, readOid, TAG } from './der.ts';
import type { DistinguishedName } from './distinguished-name.ts';
import type { SubjectAltName } from './extensions.ts';
import type { GeneralName } from './general-name.ts';
import type { GeneralSubtree } from './general-subtree.ts';
import { readUtf8Mailbox } from './name-syntax.ts';
import { ATTRIBUTE_OID } from './oids.ts';
import {
  type ComparableName,
  type ComparableSubtree,
  comparableName,
  comparableSubtree,
  liesWithin,
  touches,
} from './subtree-match.ts';

/** Where the work is paid for: `comparison` throws ERR_CERT_BUDGET when it is used up. */
export interface ComparisonAccount {
  comparison(): void;
}

/**
 * Applies all name constraints of a path, leaf first and anchor last. The anchor's own are honoured like any other's.
 *
 * Throws TlsError ERR_CERT_NAME_CONSTRAINTS, or what `account` throws. The work is the number of names times the number of
 * subtrees of their form, for each pair of certificates.
 */
export function checkNameConstraints(path: readonly Certificate[], account: ComparisonAccount): void {
  const authorities: Authority[] = [];
  for (const [position, certificate] of [...path.entries()].reverse()) {
    const isLeaf = position === 0;
    // §6.1.3 (b), (c): self-issued certificates are passed over, unless they are the last.
    if (isLeaf || !isSelfIssued(certificate)) checkNames(certificate, authorities, account);

    const { nameConstraints, basicConstraints } = certificate.extensions;
    if (nameConstraints === null) continue;
    // §4.2.1.10: only an authority has them.
    if (isLeaf && basicConstraints?.ca !== true) {
      fail('ERR_CERT_NAME_CONSTRAINTS', `${certificate.subject.name} has name constraints and is no authority`);
    }
    if (!isLeaf) authorities.push(authorityOf(certificate, account));
  }
}

/** What one authority says of each form of name. */
interface Authority {
  readonly who: string;
  readonly forms: ReadonlyMap<Form, Subtrees>;
}

interface Subtrees {
  readonly permitted: (ComparableSubtree | null)[];
  readonly excluded: (ComparableSubtree | null)[];
}

type OtherName = SubjectAltName['others'][number];

/** A kind of GeneralName; for those that nothing is known of, with its tag. */
type Form = Exclude<GeneralName['kind'], 'other'> | `other ${number}`;

function formOf(name: GeneralName): Form {
  return name.kind === 'other' ? `other ${name.tag}` : name.kind;
}

function authorityOf(certificate: Certificate, account: ComparisonAccount): Authority {
  const who = certificate.subject.name;
  const forms = new Map<Form, Subtrees>();
  const collect = (list: 'permitted' | 'excluded') => (subtree: GeneralSubtree) => {
    account.comparison();
    const form = formOf(subtree.base);
    const subtrees = forms.get(form) ?? { permitted: [], excluded: [] };
    forms.set(form, subtrees);
    subtrees[list].push(judgedSubtree(subtree, who));
  };
  certificate.extensions.nameConstraints?.permitted.forEach(collect('permitted'));
  certificate.extensions.nameConstraints?.excluded.forEach(collect('excluded'));
  return { who, forms };
}

/** Null for a form that nothing is known of: any name of it is then refused. */
function judgedSubtree(subtree: GeneralSubtree, who: string): ComparableSubtree | null {
  // §4.2.1.10: no distances are in use, and a certificate with one may be refused.
  if (subtree.minimum !== 0 || subtree.maximum !== null) {
    fail('ERR_CERT_NAME_CONSTRAINTS', `${who} constrains names by their distance`);
  }
  const comparable = comparableSubtree(subtree);
  if (comparable === null && subtree.base.kind !== 'other') {
    fail('ERR_CERT_NAME_CONSTRAINTS', `${who} has a malformed constraint, ${shown(subtree.base)}`);
  }
  return comparable;
}

function checkNames(certificate: Certificate, authorities: readonly Authority[], account: ComparisonAccount): void {
  const known = new Map<Form, readonly Candidate[]>();
  for (const { who, forms } of authorities) {
    for (const [form, subtrees] of forms) {
      const names = known.get(form) ?? namesOf(certificate, form, account);
      known.set(form, names);
      for (const name of names) checkName(name, subtrees, who, account);
    }
  }
}

/** A name of the certificate, and what it is compared as. */
interface Candidate {
  readonly name: GeneralName;
  readonly comparable: ComparableName | null;
}

function checkName({ name, comparable }: Candidate, subtrees: Subtrees, who: string, account: ComparisonAccount): void {
  const refuse = (verb: string) => fail('ERR_CERT_NAME_CONSTRAINTS', `${who} ${verb} ${shown(name)}`);
  const compare = (test: typeof touches, subtree: ComparableSubtree | null): boolean => {
    account.comparison();
    // §4.2.1.10: what cannot be processed is refused, here also where the constraint is not critical.
    if (comparable === null || subtree === null) return refuse('has constraints that cannot be compared with');
    return test(comparable, subtree);
  };
  // §4.2.1.10: excluded, whatever else is permitted.
  for (const subtree of subtrees.excluded) if (compare(touches, subtree)) refuse('excludes');

  if (subtrees.permitted.length === 0) return;
  // §6.1.3 (b): in one of those permitted. All are compared, so that the work does not depend on their order.
  const within = subtrees.permitted.filter((subtree) => compare(liesWithin, subtree));
  if (within.length === 0) refuse('does not permit');
}

/** The certificate's names of one form, from its subjectAltName and from its subject. */
function namesOf(certificate: Certificate, form: Form, account: ComparisonAccount): readonly Candidate[] {
  return namesOfForm(certificate, form, account).map((name) => ({ name, comparable: comparableName(name) }));
}

function namesOfForm(certificate: Certificate, form: Form, account: ComparisonAccount): readonly GeneralName[] {
  const { subject, extensions } = certificate;
  const names = extensions.subjectAltName;
  switch (form) {
    case 'dns':
      return (names?.dns ?? []).map((text) => ({ kind: 'dns', text }));
    case 'uri':
      return (names?.uri ?? []).map((text) => ({ kind: 'uri', text }));
    case 'ip':
      return (names?.ip ?? []).map((bytes) => ({ kind: 'ip', bytes }));
    case 'directory': {
      // §4.2.1.10: the subject too, where it is not empty.
      const directoryNames = subject.key === '' ? [] : [subject];
      return [...directoryNames, ...(names?.directoryNames ?? [])].map((name) => ({ kind: 'directory', name }));
    }
    case 'email': {
      // §4.2.1.10: addresses in the subject count where there is no subjectAltName.
      const texts =
        names === null ? subjectAddresses(subject, account) : [...names.email, ...utf8Mailboxes(names.others, account)];
      return texts.map((text) => ({ kind: 'email', text }));
    }
    default:
      return (names?.others ?? [])
        .filter(({ tag }) => form === `other ${tag}`)
        .map(({ tag, der }) => ({ kind: 'other', tag, der }));
  }
}

/** The values of the subject's emailAddress attributes. */
function subjectAddresses(subject: DistinguishedName, account: ComparisonAccount): readonly string[] {
  if (!subject.key.includes(ATTRIBUTE_OID.emailAddress)) return [];
  return decodeDer(subject.der).children.flatMap(({ children }) =>
    children.flatMap((attribute) => {
      account.comparison();
      const fields = fieldsOf(attribute);
      const type = readOid(fields.next(TAG.OBJECT_IDENTIFIER));
      const value = fields.next().content;
      // In bytes: nothing but ASCII is an address that can be compared.
      return type === ATTRIBUTE_OID.emailAddress ? [String.fromCharCode(...value.subarray(0, 256))] : [];
    }),
  );
}

/** RFC 9598 §6: constraints on rfc822Name hold for an otherName of type SmtpUTF8Mailbox too. */
function utf8Mailboxes(others: readonly OtherName[], account: ComparisonAccount): readonly string[] {
  return others.flatMap(({ tag, der }) => {
    if (tag !== 0) return [];
    account.comparison();
    const mailbox = readUtf8Mailbox(der);
    return mailbox === null ? [] : [mailbox];
  });
}

/** For messages: what a peer has written must not write to the terminal of who reads them. */
function shown(name: GeneralName): string {
  switch (name.kind) {
    case 'dns':
    case 'email':
    case 'uri':
      return `"${name.text.slice(0, 128).replace(/[^\x20-\x7e]/g, '\ufffd')}"`;
    case 'ip':
      return `address ${name.bytes.join('.')}`;
    case 'directory':
      return `"${name.name.name}"`;
    case 'other':
      return OTHER_FORMS[name.tag] ?? 'a name of another form';
  }
}

const OTHER_FORMS: Readonly<Record<number, string>> = {
  0: 'an otherName',
  3: 'an x400Address',
  5: 'an ediPartyName',
  8: 'a registeredID',
};
