/**
 * Certificate policies along a path, by a graph in place of RFC 5280's tree.
 *
 * In the tree, mappings can double the nodes with each certificate; in the graph a policy is one node for each certificate, so
 * that the work is linear in what the certificates hold. Qualifiers are not looked at.
 *
 * @see RFC 9618 §5, which updates RFC 5280 §6.1.2 to §6.1.5
 * @module
 */
import { fail } from '../errors/errors.ts';
import { type Certificate, isSelfIssued } from './certificate.ts';
import type { PolicyMapping } from './policy-extensions.ts';

/** anyPolicy, RFC 5280 §4.2.1.4. */
export const ANY_POLICY_OID = '2.5.29.32.0';

/**
 * Judges the policies of a path, leaf first and anchor last.
 *
 * `required`: the path must be valid for one of these policies (anyPolicy among them: for any at all); null: for what its own
 * certificates require. The anchor's policyConstraints and inhibitAnyPolicy count (RFC 5937 §3), its policies and mappings do
 * not. Throws TlsError ERR_CERT_POLICY.
 */
export function checkPolicies(path: readonly Certificate[], required: readonly string[] | null): void {
  // A leaf that is the anchor itself is judged like a path of one.
  const certificates = path.length > 1 ? path.slice(0, -1).reverse() : path;
  const last = certificates.length;
  const state = initialState(last, required !== null);
  const anchor = path[last];
  if (anchor !== undefined) applyConstraints(state, anchor);

  certificates.forEach((certificate, index) => {
    const isLeaf = index + 1 === last;
    checkForm(certificate, isLeaf);
    processPolicies(state, certificate, isLeaf);
    // RFC 9618 §5.3 (f): from some certificate on, a policy must be left.
    if (state.explicitPolicy === 0 && isEmpty(state)) fail('ERR_CERT_POLICY', `none is left at ${nameOf(certificate)}`);
    if (isLeaf) wrapUp(state, certificate);
    else prepareForNext(state, certificate);
  });
  if (state.explicitPolicy === 0 && !hasAcceptable(state, required)) {
    fail('ERR_CERT_POLICY', `none of ${(required ?? []).join(', ')}`);
  }
}

interface PolicyNode {
  readonly policy: string;
  /** In the level above. */
  readonly parents: readonly PolicyNode[];
  /** The policies of the next certificate that continue this one. */
  expected: ReadonlySet<string>;
}

/** The nodes for one certificate, by policy. */
type Level = Map<string, PolicyNode>;

/** RFC 5280 §6.1.2. The three numbers: certificates, self-issued ones not counted, until the rule holds. */
interface PolicyState {
  /** The last is the one in work; where it is empty, the graph is NULL. */
  readonly levels: Level[];
  explicitPolicy: number;
  inhibitAnyPolicy: number;
  policyMapping: number;
}

function initialState(length: number, explicit: boolean): PolicyState {
  const root: PolicyNode = { policy: ANY_POLICY_OID, parents: [], expected: new Set([ANY_POLICY_OID]) };
  return {
    levels: [new Map([[ANY_POLICY_OID, root]])],
    explicitPolicy: explicit ? 0 : length + 1,
    inhibitAnyPolicy: length + 1,
    policyMapping: length + 1,
  };
}

function levelOf({ levels }: PolicyState, depthFromEnd = 0): Level {
  return levels[levels.length - 1 - depthFromEnd] ?? new Map();
}

function isEmpty(state: PolicyState): boolean {
  return levelOf(state).size === 0;
}

/** What makes the extensions themselves wrong. */
function checkForm({ subject, extensions }: Certificate, isLeaf: boolean): void {
  const { certificatePolicies, policyMappings } = extensions;
  // RFC 5280 §4.2.1.4: each policy at most once.
  if (certificatePolicies !== null && new Set(certificatePolicies).size !== certificatePolicies.length) {
    fail('ERR_CERT_POLICY', `${subject.name} has a policy twice`);
  }
  // RFC 5280 §6.1.4 (a): anyPolicy is not mapped, neither from nor to.
  const mapsAny = policyMappings?.some(({ issuerDomain, subjectDomain }) => {
    return issuerDomain === ANY_POLICY_OID || subjectDomain === ANY_POLICY_OID;
  });
  if (!isLeaf && mapsAny === true) fail('ERR_CERT_POLICY', `${subject.name} maps anyPolicy`);
}

/** RFC 9618 §5.3 (d), (e). Nodes that get no child are left in place: nothing leads to them from the end. */
function processPolicies(state: PolicyState, certificate: Certificate, isLeaf: boolean): void {
  const above = levelOf(state);
  const level: Level = new Map();
  state.levels.push(level);
  const { certificatePolicies } = certificate.extensions;
  // (e): no policies at all leave nothing of the graph.
  if (certificatePolicies === null) return;

  const expecting = nodesByExpectedPolicy(above);
  const anyAbove = above.get(ANY_POLICY_OID);
  for (const policy of certificatePolicies) {
    if (policy === ANY_POLICY_OID) continue;
    // (d)(1): the policies that expect it, or else anyPolicy.
    const parents = expecting.get(policy) ?? (anyAbove === undefined ? [] : [anyAbove]);
    if (parents.length > 0) addNode(level, policy, parents);
  }
  // (d)(2): anyPolicy continues whatever else was expected.
  const anyCounts = state.inhibitAnyPolicy > 0 || (!isLeaf && isSelfIssued(certificate));
  if (!anyCounts || !certificatePolicies.includes(ANY_POLICY_OID)) return;
  for (const [policy, parents] of expecting) if (!level.has(policy)) addNode(level, policy, parents);
}

function addNode(level: Level, policy: string, parents: readonly PolicyNode[]): void {
  level.set(policy, { policy, parents, expected: new Set([policy]) });
}

function nodesByExpectedPolicy(level: Level): ReadonlyMap<string, readonly PolicyNode[]> {
  const index = new Map<string, PolicyNode[]>();
  for (const node of level.values()) {
    for (const policy of node.expected) {
      const nodes = index.get(policy);
      if (nodes === undefined) index.set(policy, [node]);
      else nodes.push(node);
    }
  }
  return index;
}

/** RFC 5280 §6.1.4 (b), (h), (i), (j). */
function prepareForNext(state: PolicyState, certificate: Certificate): void {
  const { policyMappings } = certificate.extensions;
  if (policyMappings !== null) applyMappings(state, policyMappings);
  // (h): self-issued certificates are not counted.
  if (!isSelfIssued(certificate)) {
    state.explicitPolicy = lessOne(state.explicitPolicy);
    state.policyMapping = lessOne(state.policyMapping);
    state.inhibitAnyPolicy = lessOne(state.inhibitAnyPolicy);
  }
  applyConstraints(state, certificate);
}

function lessOne(count: number): number {
  return Math.max(count - 1, 0);
}

/** RFC 9618 §5.4 (b). */
function applyMappings(state: PolicyState, mappings: readonly PolicyMapping[]): void {
  const level = levelOf(state);
  const anyAbove = levelOf(state, 1).get(ANY_POLICY_OID);
  for (const [policy, equivalents] of mappingsByIssuer(mappings)) {
    const node = level.get(policy);
    // (b)(3): with mapping inhibited, a policy that is mapped ends here.
    if (state.policyMapping === 0) level.delete(policy);
    // (b)(1)
    else if (node !== undefined) node.expected = equivalents;
    // (b)(2): anyPolicy stands for the policy that is mapped.
    else if (level.has(ANY_POLICY_OID) && anyAbove !== undefined) {
      level.set(policy, { policy, parents: [anyAbove], expected: equivalents });
    }
  }
}

function mappingsByIssuer(mappings: readonly PolicyMapping[]): ReadonlyMap<string, ReadonlySet<string>> {
  const index = new Map<string, Set<string>>();
  for (const { issuerDomain, subjectDomain } of mappings) {
    index.set(issuerDomain, (index.get(issuerDomain) ?? new Set()).add(subjectDomain));
  }
  return index;
}

/** RFC 5280 §6.1.4 (i), (j): constraints only ever tighten. */
function applyConstraints(state: PolicyState, { extensions }: Certificate): void {
  const { policyConstraints, inhibitAnyPolicy } = extensions;
  state.explicitPolicy = Math.min(state.explicitPolicy, policyConstraints?.requireExplicitPolicy ?? Infinity);
  state.policyMapping = Math.min(state.policyMapping, policyConstraints?.inhibitPolicyMapping ?? Infinity);
  state.inhibitAnyPolicy = Math.min(state.inhibitAnyPolicy, inhibitAnyPolicy ?? Infinity);
}

/** RFC 5280 §6.1.5 (a), (b). */
function wrapUp(state: PolicyState, { extensions }: Certificate): void {
  state.explicitPolicy = lessOne(state.explicitPolicy);
  if (extensions.policyConstraints?.requireExplicitPolicy === 0) state.explicitPolicy = 0;
}

/** RFC 9618 §5.5 (g): whether the user-constrained policies, as the anchor's domain calls them, are any. */
function hasAcceptable(state: PolicyState, required: readonly string[] | null): boolean {
  const held = authorityPolicies(state);
  if (required === null || required.includes(ANY_POLICY_OID)) return held.size > 0;
  return required.some((policy) => held.has(policy) || held.has(ANY_POLICY_OID));
}

/** (g)(2) to (4): from the end, the policies whose only parent is anyPolicy, and anyPolicy if the leaf has it. */
function authorityPolicies(state: PolicyState): ReadonlySet<string> {
  const held = new Set<string>(levelOf(state).has(ANY_POLICY_OID) ? [ANY_POLICY_OID] : []);
  let reached = new Set(levelOf(state).values());
  while (reached.size > 0) {
    const parents = new Set<PolicyNode>();
    for (const node of reached) {
      const isTop = node.policy !== ANY_POLICY_OID && node.parents.every(({ policy }) => policy === ANY_POLICY_OID);
      if (isTop) held.add(node.policy);
      for (const parent of node.parents) parents.add(parent);
    }
    reached = parents;
  }
  return held;
}

function nameOf({ subject, issuer }: Certificate): string {
  return subject.name === '' ? `a certificate of ${issuer.name}` : subject.name;
}
