/**
 * Certificate policies by the tree of RFC 5280 §6.1, word for word and as slow as it is: the second opinion on `checkPolicies`.
 *
 * @module
 */
import type { Certificate } from '../../src/certs/certificate.ts';

const ANY = '2.5.29.32.0';

interface TreeNode {
  readonly policy: string;
  expected: readonly string[];
  readonly parent: TreeNode | null;
  children: TreeNode[];
}

/** §6.1.2 to §6.1.5 for `path`, leaf first and anchor last, with the inputs (c) and (f) of §6.1.1. */
export function acceptsByTree(path: readonly Certificate[], initial: readonly string[] | null): boolean {
  const certificates = path.slice(0, -1).reverse();
  const n = certificates.length;
  let tree: TreeNode | null = { policy: ANY, expected: [ANY], parent: null, children: [] };
  let explicitPolicy = initial === null ? n + 1 : 0;
  let inhibitAny = n + 1;
  let mapping = n + 1;

  for (let i = 1; i <= n; i++) {
    const { subject, issuer, extensions } = certificates[i - 1] as Certificate;
    const selfIssued = subject.key === issuer.key;
    const policies = extensions.certificatePolicies;
    if (policies !== null && tree !== null) {
      // §6.1.3 (d)(1)
      for (const policy of policies.filter((p) => p !== ANY)) {
        const matching = atDepth(tree, i - 1).filter(({ expected }) => expected.includes(policy));
        for (const parent of matching) grow(parent, policy);
        if (matching.length > 0) continue;
        for (const parent of atDepth(tree, i - 1).filter((node) => node.policy === ANY)) grow(parent, policy);
      }
      // §6.1.3 (d)(2)
      if (policies.includes(ANY) && (inhibitAny > 0 || (i < n && selfIssued))) {
        for (const parent of atDepth(tree, i - 1)) {
          for (const policy of parent.expected) {
            if (!parent.children.some((child) => child.policy === policy)) grow(parent, policy);
          }
        }
      }
      tree = prune(tree, i - 1);
    }
    if (policies === null) tree = null;
    if (explicitPolicy === 0 && tree === null) return false;

    if (i < n) {
      const mappings = extensions.policyMappings ?? [];
      // §6.1.4 (a)
      if (mappings.some(({ issuerDomain, subjectDomain }) => issuerDomain === ANY || subjectDomain === ANY))
        return false;
      // §6.1.4 (b)
      for (const policy of new Set(mappings.map(({ issuerDomain }) => issuerDomain))) {
        if (tree === null) break;
        const to = [...new Set(mappings.filter((m) => m.issuerDomain === policy).map((m) => m.subjectDomain))];
        const nodes = atDepth(tree, i).filter((node) => node.policy === policy);
        if (mapping > 0) {
          for (const node of nodes) node.expected = to;
          if (nodes.length === 0 && atDepth(tree, i).some((node) => node.policy === ANY)) {
            for (const parent of atDepth(tree, i - 1).filter((node) => node.policy === ANY)) {
              grow(parent, policy).expected = to;
            }
          }
        } else {
          for (const node of nodes) cut(node);
          tree = prune(tree, i - 1);
        }
      }
      // §6.1.4 (h), (i), (j)
      if (!selfIssued) {
        if (explicitPolicy !== 0) explicitPolicy--;
        if (mapping !== 0) mapping--;
        if (inhibitAny !== 0) inhibitAny--;
      }
      const { requireExplicitPolicy, inhibitPolicyMapping } = extensions.policyConstraints ?? {};
      if (typeof requireExplicitPolicy === 'number') explicitPolicy = Math.min(explicitPolicy, requireExplicitPolicy);
      if (typeof inhibitPolicyMapping === 'number') mapping = Math.min(mapping, inhibitPolicyMapping);
      if (extensions.inhibitAnyPolicy !== null) inhibitAny = Math.min(inhibitAny, extensions.inhibitAnyPolicy);
      continue;
    }

    // §6.1.5 (a), (b)
    if (explicitPolicy !== 0) explicitPolicy--;
    if (extensions.policyConstraints?.requireExplicitPolicy === 0) explicitPolicy = 0;
    // §6.1.5 (g)(iii)
    if (tree !== null && initial !== null && !initial.includes(ANY)) {
      const nodeSet = allNodes(tree).filter(({ parent }) => parent?.policy === ANY);
      for (const node of nodeSet) if (node.policy !== ANY && !initial.includes(node.policy)) cut(node);
      const last = atDepth(tree, n).find((node) => node.policy === ANY);
      if (last !== undefined) {
        const parent = last.parent as TreeNode;
        for (const policy of initial) if (!nodeSet.some((node) => node.policy === policy)) grow(parent, policy);
        cut(last);
      }
      tree = prune(tree, n - 1);
    }
  }
  return explicitPolicy > 0 || tree !== null;
}

function grow(parent: TreeNode, policy: string): TreeNode {
  const node: TreeNode = { policy, expected: [policy], parent, children: [] };
  parent.children.push(node);
  return node;
}

function cut(node: TreeNode): void {
  if (node.parent !== null) node.parent.children = node.parent.children.filter((child) => child !== node);
}

function atDepth(tree: TreeNode, depth: number): readonly TreeNode[] {
  return depth === 0 ? [tree] : tree.children.flatMap((child) => atDepth(child, depth - 1));
}

function allNodes(tree: TreeNode): readonly TreeNode[] {
  return [tree, ...tree.children.flatMap(allNodes)];
}

/** Deletes nodes of this depth or less that have no children. Null when none is left. */
function prune(tree: TreeNode, depth: number): TreeNode | null {
  if (depth > 0) for (const child of [...tree.children]) if (prune(child, depth - 1) === null) cut(child);
  return tree.children.length === 0 ? null : tree;
}
